"""One forward over whole sequences: with captures, up to a replayed call, or for its log probabilities."""

from __future__ import annotations

import glob
from typing import Any

import torch

from ..errors import ProbeError
from ..wire import Context
from .faults import FaultName, injecting
from .forced import Forced
from .models import LoadedModel
from .recorder import Capture, LastCallEnded, Recorder
from .statistics import LogitsStatistics
from .tensors import dtype_name, to_numpy

# Which positions' logits are sent.
_POSITIONS = {"all": slice(None), "last": slice(-1, None), "none": slice(0)}


def forward(
    context: Context,
    loaded: LoadedModel,
    ids: list[list[int]],
    capture: Capture,
    forced: Forced,
    logits: str,
    cache: bool,
    fault: FaultName | None = None,
) -> dict[str, Any]:
    """Serves `forward` of the protocol: sends the captured points, and the logits [rows, positions, vocabulary]."""
    recorder = Recorder(context, capture, forced)
    with loaded.computing() as model:
        with injecting(model, fault) as injected, recorder.watching(model, loaded.merged):
            made = model(input_ids=_batch(ids), use_cache=cache).logits[:, _POSITIONS[logits]]
        forced.check_all_used()
        if logits != "none":
            context.tensor("logits", *to_numpy(made))
    answer = {"calls": recorder.calls, "logits": {"dtype": dtype_name(made.dtype), "shape": list(made.shape)}}
    return {**answer, "injected": injected.places} if fault else answer


def replay(context: Context, loaded: LoadedModel, ids: list[list[int]], call: str, forced: Forced) -> dict[str, Any]:
    """Serves `replay`: the output of one call whose input `forced` replaces; the forward ends there."""
    path = glob.escape(call.rpartition("#")[0])
    recorder = Recorder(context, Capture([path], ["out"]), forced, last_call=call)
    with loaded.computing() as model:
        try:
            with recorder.watching(model, loaded.merged):
                model(input_ids=_batch(ids), use_cache=False)
        except LastCallEnded:
            pass
        forced.check_all_used()
    return {}


def score(context: Context, loaded: LoadedModel, ids: list[int], first: int) -> dict[str, Any]:
    """Serves `score`: statistics of the logits that predict ids[first:]; first lies in 1 … len(ids) - 1."""
    if not 1 <= first < len(ids):
        raise ProbeError("bad_request", f"`from` must lie between 1 and {len(ids) - 1}, the last id's index")
    statistics = LogitsStatistics()
    with loaded.computing() as model:
        with Recorder(context, Capture(), Forced(None)).watching(model):
            logits = model(input_ids=_batch([ids]), use_cache=False).logits
        statistics.add(logits[0, first - 1 : -1], ids[first:])
    return statistics.as_json()


def _batch(ids: list[list[int]]) -> torch.Tensor:
    lengths = {len(row) for row in ids}
    if len(lengths) != 1 or 0 in lengths:
        raise ProbeError("bad_request", "`ids` holds one or more rows of the same length, at least one id each")
    return torch.tensor(ids)
