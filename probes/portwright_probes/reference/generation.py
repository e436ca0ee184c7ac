"""Greedy and forced decoding through `model.generate` and the cache it makes."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from ..errors import ProbeError
from ..process_memory import ProcessMemory
from ..wire import Context
from .models import LoadedModel
from .statistics import LogitsStatistics

_PROGRESS_EVERY = 8
# Texts repeat themselves, and a draft that the model confirms costs one forward for all of it.
_DRAFT = {"prompt_lookup_num_tokens": 10, "max_matching_ngram_size": 3}


def decode(
    context: Context,
    loaded: LoadedModel,
    memory: ProcessMemory,
    ids: list[int],
    tokens: int,
    force: list[int] | None,
    stop: list[int],
    threads: int | None = None,
) -> dict[str, Any]:
    """Serves `decode`.

    ids: the prompt, not empty. tokens: how many steps at most. force: the ids to feed instead of the best ones. stop:
    ids after which nothing more is decoded. threads: how many compute; None for as many as in any other request.
    """
    transformers: Any = importlib.import_module("transformers")

    count = tokens if force is None else min(tokens, len(force))
    if not ids or count < 1 or (threads is not None and threads < 1):
        raise ProbeError("bad_request", "`decode` needs at least one id, at least one token and at least one thread")
    memory.restart_peak()
    steps = _Steps(context, count, force)
    with _threads(threads), loaded.computing() as model:
        # A state that cannot be rolled back cannot forget a draft.
        drafts = {} if force is not None or model._is_stateful else _DRAFT
        config = transformers.GenerationConfig(
            do_sample=False, max_new_tokens=count, use_cache=True, eos_token_id=stop or None, pad_token_id=0, **drafts
        )
        prompt = torch.tensor([ids])
        made = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            generation_config=config,
            logits_processor=[steps],
            streamer=steps,
        )
    produced = made[0, len(ids) :].tolist()
    return {
        "ids": produced,
        "steps": steps.statistics.as_json(),
        "finish": "stop" if produced[-1] in stop else "length",
        "forwards": steps.forwards(),
        **steps.seconds(),
        "peak_bytes": memory.peak_since_restart(),
    }


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(before if count is None else count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Steps:
    """Sees each step's logits, may decide what is taken, and keeps what was said of the steps that count.

    `generate` calls it with a step's logits, also of drafted steps that it then discards, and hands the ids it keeps
    to `put`: first the prompt, then those of each forward.
    """

    def __init__(self, context: Context, count: int, force: Sequence[int] | None) -> None:
        self.statistics = LogitsStatistics()
        self._context = context
        self._count = count
        self._force = force
        self._prompt = 0
        self._done = 0
        self._seen: dict[int, torch.Tensor] = {}
        self._times = [time.perf_counter()]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """input_ids: [1, tokens so far]; scores: [1, vocabulary], the logits of what follows them."""
        self._context.check_cancelled()
        step = input_ids.shape[1] - self._prompt
        self._seen[step] = scores
        if self._force is None:
            return scores
        chosen = torch.tensor([self._force[step]])
        return torch.full_like(scores, -torch.inf).index_fill(-1, chosen, 0.0)

    def put(self, ids: torch.Tensor) -> None:
        """ids: the prompt at first, then what was just kept, as [tokens] or [1, tokens]."""
        kept = ids.flatten().tolist()
        if not self._prompt:
            self._prompt = len(kept)
            return
        self._times.append(time.perf_counter())
        before, self._done = self._done, self._done + len(kept)
        self.statistics.add(torch.cat([self._seen.pop(step) for step in range(before, self._done)]), kept)
        if self._done // _PROGRESS_EVERY > before // _PROGRESS_EVERY:
            self._context.progress(self._done, self._count)

    def end(self) -> None:
        """Nothing is left to do."""

    def forwards(self) -> int:
        """How often the model ran."""
        return len(self._times) - 1

    def seconds(self) -> dict[str, float]:
        """The time until the first token, and of the others the mean."""
        start, first, *later = self._times
        return {
            "prefill_seconds": first - start,
            "seconds_per_token": (later[-1] - first) / (self._done - 1) if later else 0.0,
        }
