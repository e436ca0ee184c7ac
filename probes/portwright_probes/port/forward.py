"""One forward pass, watched or not, and the replay of one call in it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import mlx.core as mx

from ..errors import ProbeError
from ..wire import Context
from .arrays import dtype_word, evaluate, file_dtype, is_floating, to_numpy
from .blame import port_code
from .capture import Reached, Selection, Watcher
from .forcing import Forced
from .loading import LoadedModel


def forward(
    context: Context,
    loaded: LoadedModel,
    ids: list[list[int]],
    selection: Selection,
    forced: Forced | None,
    logits: str,
    cache: bool,
) -> dict[str, Any]:
    """Runs the model on `ids` and sends captures and logits. A forward that nothing is captured from is not touched."""
    run = _prepared(loaded, ids, cache)
    records: list[dict[str, Any]] = []
    compiled = not selection.paths and forced is None
    with port_code(loaded.file):
        if compiled:
            output = run()
        else:
            watcher = Watcher(loaded.model, context, selection, forced or Forced([], {}))
            with watcher.watching():
                output = run()
                if logits != "none":
                    evaluate(output)
            records = watcher.records
        answer = {"calls": records, "logits": _send_logits(context, output, logits)}
    return {**answer, "compiled": compiled}


def replay(context: Context, loaded: LoadedModel, ids: list[list[int]], call: str, forced: Forced) -> dict[str, Any]:
    """Sends `call`'s output in a forward in which its input was the forced one; the forward ends there."""
    run = _prepared(loaded, ids, cache=False)
    path = call.rpartition("#")[0]
    watcher = Watcher(loaded.model, context, Selection([_literally(path)], ["out"]), forced, until=call)
    with port_code(loaded.file):
        try:
            with watcher.watching():
                evaluate(run())
        except Reached:
            return {}
    raise ProbeError("bad_request", f"the forward has no call {call}")


def _prepared(loaded: LoadedModel, ids: list[list[int]], cache: bool) -> Callable[[], Any]:
    if not ids or not ids[0] or len({len(row) for row in ids}) != 1:
        raise ProbeError("bad_request", "ids are rows of the same length, with one id at least")
    tokens = mx.array(ids)
    if not cache:
        return lambda: loaded.model(tokens)
    make_cache = importlib.import_module("mlx_lm.models.cache").make_prompt_cache
    return lambda: loaded.model(tokens, cache=make_cache(loaded.model))


def _send_logits(context: Context, output: Any, wanted: str) -> dict[str, Any]:
    if not is_floating(output):
        raise ProbeError("port", f"the model returns {type(output).__name__}, not an array of logits")
    if wanted == "last":
        output = output[:, -1:]
    if wanted != "none":
        context.tensor("logits", to_numpy(output), file_dtype(output.dtype))
    return {"dtype": dtype_word(output.dtype), "shape": list(output.shape)}


def _literally(path: str) -> str:
    """A glob that only `path` matches."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)
