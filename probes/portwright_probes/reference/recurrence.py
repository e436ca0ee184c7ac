"""Shows a recorder what each gated delta rule is computed from, what comes out, and the state that it ends with.

transformers' modeling files reach the rule, by chunks or token by token, through functions of their own namespace,
which are replaced for the time of one forward. The rule normalises, repeats and scales within itself: what is shown is
what it has behind that, in the protocol's layout ("Functions").
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from .namespaces import functions_taking, replaced

if TYPE_CHECKING:
    from .recorder import Recorder

# The rule has many names (gated delta, Kimi delta attention), and takes these everywhere.
_TAKEN = ("query", "key", "value", "g", "beta")
_NORMALISES = "use_qk_l2norm_in_kernel"
_GIVES_STATE = "output_final_state"
_EPS = 1e-6  # of the rule's own normalisation, a constant in its lines


def watch_recurrence(model: nn.Module, recorder: Recorder) -> AbstractContextManager[None]:
    """Within it, every gated delta rule of `model` is a function call of the recorder's."""
    return replaced(functions_taking(model, _TAKEN), lambda native: _watched(native, recorder))


def _watched(native: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    signature = inspect.signature(native)

    def show(name: str, array: torch.Tensor) -> torch.Tensor:
        return recorder.shown(f"recurrence_{name}", array)

    def rule(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        dtype, scale = given["query"].dtype, given["query"].shape[-1] ** -0.5
        own_key, own_decay = _normalised(given, "key").to(dtype), given["g"].exp()
        key = show("key", own_key)
        given["value"] = show("value", given["value"])
        decay = show("decay", own_decay)
        if not torch.equal(decay, own_decay):  # the logarithm of what was shown would round
            given["g"] = _logarithm(decay)
        given["beta"] = show("beta", given["beta"])
        with recorder.function("recurrence", {}) as call:
            own_query = (_normalised(given, "query") * scale).to(dtype)
            query = call.passes("in", own_query)
            if not (torch.equal(query, own_query) and torch.equal(key, own_key)):
                given.update({"query": query.float() / scale, "key": key, _NORMALISES: False})
            asked = given[_GIVES_STATE]
            given[_GIVES_STATE] = True  # without a cache nobody else asks for it
            output, state = native(*bound.args, **bound.kwargs)
            output = call.passes("out", output.to(dtype))
        state = show("state", state)
        return output, state if asked else None

    return rule


def _normalised(given: dict[str, Any], name: str) -> torch.Tensor:
    """Queries or keys as the rule has them, in float32: [rows, positions, heads of the values, width]."""
    array = given[name].float()
    groups = given["value"].shape[2] // array.shape[2]
    if groups > 1:
        array = array.repeat_interleave(groups, dim=2)
    if given.get(_NORMALISES):
        array = array * torch.rsqrt((array * array).sum(dim=-1, keepdim=True) + _EPS)
    return array


def _logarithm(decay: torch.Tensor) -> torch.Tensor:
    """Finite everywhere: the rule takes differences of sums of it."""
    return decay.clamp_min(torch.finfo(decay.dtype).tiny).log()
