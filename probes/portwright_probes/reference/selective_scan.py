"""Shows a recorder what each selective scan (Mamba 2) is computed from, what comes out, and the last state.

A scan is a recurrence as a gated delta rule is one, without the correction: the state decays, a key's product with a
value is written into it, and a query reads it (Dao and Gu, arXiv 2405.21060, call them B, x and C; the step dt says
how much is written). transformers' modeling files reach it through a function of their own namespace, which is
replaced for the time of one forward. Layouts are the protocol's ("Functions").
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from .namespaces import functions_taking, replaced

if TYPE_CHECKING:
    from .recorder import Recorder

_TAKEN = ("hidden_states", "dt", "A", "B", "C", "chunk_size")
_GIVES_STATE = "return_final_states"


def watch_scans(model: nn.Module, recorder: Recorder) -> AbstractContextManager[None]:
    """Within it, every selective scan of `model` over chunks is a function call of the recorder's."""
    return replaced(functions_taking(model, _TAKEN), lambda native: _watched(native, recorder))


def _watched(native: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    signature = inspect.signature(native)

    def show(name: str, array: torch.Tensor) -> torch.Tensor:
        return recorder.shown(f"recurrence_{name}", array)

    def scan(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        groups = given["hidden_states"].shape[2] // given["B"].shape[2]
        own_key, own_query = (given[name].repeat_interleave(groups, dim=2) for name in ("B", "C"))
        key = show("key", own_key)
        given["hidden_states"] = show("value", given["hidden_states"])
        step = _step(given)
        show("beta", step)  # neither is forced: one step makes both, and A is a weight
        show("decay", (given["A"].to(step.dtype) * step).exp())
        with recorder.function("recurrence", {}) as call:
            query = call.passes("in", own_query)
            if key is not own_key or query is not own_query:
                given.update({"B": key, "C": query})
            asked = given[_GIVES_STATE]
            given[_GIVES_STATE] = True  # without a cache nobody else asks for it
            output, state = native(*bound.args, **bound.kwargs)
            output = call.passes("out", output)
        state = show("state", state.swapaxes(2, 3)).swapaxes(2, 3)
        return (output, state) if asked else output

    return scan


def _step(given: dict[str, Any]) -> torch.Tensor:
    """The step of each position and head as the scan has it (transformers, mamba2_chunk_scan)."""
    step = given["dt"]
    if given["dt_bias"] is not None:
        step = step + given["dt_bias"].to(step.dtype)
    if given["dt_softplus"]:
        step = functional.softplus(step)
    return step.clamp(*given["dt_limit"])
