"""Greedy and forced decoding through `model.generate` and the cache it makes."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from typing import Any

import torch

from ..errors import ProbeError
from ..process_memory import ProcessMemory
from ..wire import Context
from .forced import Forced
from .models import LoadedModel
from .recorder import Capture, Recorder
from .statistics import LogitsStatistics

_PROGRESS_EVERY = 8


def decode(
    context: Context,
    loaded: LoadedModel,
    memory: ProcessMemory,
    ids: list[int],
    tokens: int,
    force: list[int] | None,
    stop: list[int],
) -> dict[str, Any]:
    """Serves `decode`.

    ids: the prompt, not empty. tokens: how many steps at most. force: the ids to feed instead of the best ones. stop:
    ids after which nothing more is decoded.
    """
    transformers: Any = importlib.import_module("transformers")

    count = tokens if force is None else min(tokens, len(force))
    if not ids or count < 1:
        raise ProbeError("bad_request", "`decode` needs at least one id and at least one token")
    memory.restart_peak()
    steps = _Steps(context, count, force)
    config = transformers.GenerationConfig(
        do_sample=False, max_new_tokens=count, use_cache=True, eos_token_id=stop or None, pad_token_id=0
    )
    with loaded.computing() as model, Recorder(context, Capture(), Forced(None)).watching(model):
        prompt = torch.tensor([ids])
        made = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), generation_config=config, logits_processor=[steps]
        )
    produced = made[0, len(ids) :].tolist()
    return {
        "ids": produced,
        "steps": steps.statistics.as_json(),
        "finish": "stop" if produced[-1] in stop else "length",
        **steps.seconds(),
        "peak_bytes": memory.peak_since_restart(),
    }


class _Steps:
    """A logits processor: it sees each step's logits, and may decide what is taken."""

    def __init__(self, context: Context, count: int, force: Sequence[int] | None) -> None:
        self.statistics = LogitsStatistics()
        self._context = context
        self._count = count
        self._force = force
        self._times = [time.perf_counter()]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self._context.check_cancelled()
        self._times.append(time.perf_counter())
        done = len(self._times) - 1
        if self._force is None:
            self.statistics.add(scores, scores.argmax(dim=-1).tolist())
        else:
            chosen = self._force[done - 1]
            self.statistics.add(scores, [chosen])
            scores = torch.full_like(scores, -torch.inf).index_fill(-1, torch.tensor([chosen]), 0.0)
        if done % _PROGRESS_EVERY == 0:
            self._context.progress(done, self._count)
        return scores

    def seconds(self) -> dict[str, float]:
        """The time until the first token's logits, and from one token's to the next one's."""
        start, first, *later = self._times
        return {
            "prefill_seconds": first - start,
            "seconds_per_token": (later[-1] - first) / len(later) if later else 0.0,
        }
