"""Generation through mlx-lm's own entry point, and the score of a given text."""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx
import numpy as np

from ..errors import ProbeError
from ..wire import Context
from .blame import port_code
from .loading import LoadedModel

_PROGRESS_TOKENS = 8
_ROWS = 256  # of logits looked at together, so that copies in float64 stay small


@dataclass
class Statistics:
    """What is kept of logits, one entry a row. Natural logarithms; entropy in nats."""

    top: list[list[int]] = field(default_factory=list)
    top_logits: list[list[float]] = field(default_factory=list)
    logprob: list[float] = field(default_factory=list)
    entropy: list[float] = field(default_factory=list)

    def add(self, logits: np.ndarray, ids: np.ndarray) -> None:
        """logits: [rows, vocabulary]; ids: [rows], those whose log-probability is kept."""
        rows = np.arange(len(logits))
        first = logits.argmax(-1)  # the lowest id of equals, as the libraries' argmax
        rest = logits.copy()
        rest[rows, first] = -np.inf
        second = rest.argmax(-1)
        exact = logits.astype(np.float64)
        exact -= exact[rows, first][:, None]
        weights = np.exp(exact)
        total = weights.sum(-1)
        self.top += np.stack([first, second], -1).tolist()
        self.top_logits += np.stack([logits[rows, first], logits[rows, second]], -1).tolist()
        self.logprob += (exact[rows, ids] - np.log(total)).tolist()
        mean = (weights * np.where(weights > 0, exact, 0)).sum(-1) / total
        self.entropy += (np.log(total) - mean).tolist()

    def as_json(self) -> dict[str, Any]:
        """As the answers hold them."""
        return {
            "top": self.top, "top_logits": self.top_logits, "logprob": self.logprob, "entropy": self.entropy,
        }  # fmt: skip


def decode(
    context: Context, loaded: LoadedModel, ids: list[int], tokens: int, force: list[int] | None, stop: list[int]
) -> dict[str, Any]:
    """Greedy through mlx_lm's generate_step with the model's own cache, or fed with `force`.

    The logits are read by a logits processor, which sees them before they are normalised and hands them on untouched.
    """
    if not ids or tokens < 1 or (force is not None and not force):
        raise ProbeError("bad_request", "decode needs ids and at least one token")
    generate_step = importlib.import_module("mlx_lm.generate").generate_step
    seen: list[mx.array] = []
    options: dict[str, Any] = {"max_tokens": tokens if force is None else min(tokens, len(force))}
    if force is not None:
        options["sampler"] = _feeding(force)

    def note(_: mx.array, logits: mx.array) -> mx.array:
        seen.append(logits)
        return logits

    chosen: list[int] = []
    statistics = Statistics()
    finish = "length"
    mx.reset_peak_memory()
    started = first = last = time.perf_counter()
    with port_code(loaded.file):
        steps = generate_step(mx.array(ids), loaded.model, logits_processors=[note], **options)
        for token, _ in steps:
            last = time.perf_counter()
            first = first if chosen else last
            context.check_cancelled()
            chosen.append(int(token))
            # The next step's logits are under way already: generate_step runs one ahead.
            statistics.add(_rows(seen.pop(0)), np.array([token]))
            if len(chosen) % _PROGRESS_TOKENS == 0:
                context.progress(len(chosen), options["max_tokens"])
            if token in stop:
                finish = "stop"
                break
        steps.close()
    return {
        "ids": chosen,
        "steps": statistics.as_json(),
        "finish": finish,
        "prefill_seconds": round(first - started, 6),
        "seconds_per_token": round((last - first) / max(1, len(chosen) - 1), 6),
        "peak_bytes": mx.get_peak_memory(),
    }


def score(context: Context, loaded: LoadedModel, ids: list[int], first: int) -> dict[str, Any]:
    """One forward; statistics at the positions first-1 … len(ids)-2, each about the id that follows."""
    if not 1 <= first < len(ids):
        raise ProbeError("bad_request", "score needs 1 <= from < number of ids")
    statistics = Statistics()
    with port_code(loaded.file):
        logits = loaded.model(mx.array([ids]))[0]
        for begin in range(first - 1, len(ids) - 1, _ROWS):
            context.check_cancelled()
            end = min(begin + _ROWS, len(ids) - 1)
            statistics.add(_rows(logits[begin:end]), np.array(ids[begin + 1 : end + 1]))
    return statistics.as_json()


def _feeding(force: list[int]) -> Any:
    # generate_step asks for one token more than it gives out.
    following = iter([*force, force[-1]])
    return lambda logprobs: mx.array([next(following)])


def _rows(logits: mx.array) -> np.ndarray:
    return np.array(logits.astype(mx.float32))
