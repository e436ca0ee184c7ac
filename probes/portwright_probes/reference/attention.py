"""Shows a recorder what each attention is computed from: queries, keys, values, mask, scale, and what comes out.

transformers' modeling files reach eager attention through a function of their own namespace, which is replaced for
the time of one forward. Layouts are the protocol's ("Functions"): heads before positions going in, behind them coming
out, as both are there already.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from .namespaces import Found, functions_named, replaced

if TYPE_CHECKING:
    from .recorder import Recorder

_FUNCTION = "eager_attention_forward"


def watch_attention(model: nn.Module, recorder: Recorder) -> AbstractContextManager[None]:
    """Within it, every eager attention of `model` is a function call of the recorder's."""
    return replaced(attention_functions(model), lambda native: _watched(native, recorder))


def attention_functions(model: nn.Module) -> list[Found]:
    """The functions that the model's eager attention goes through now."""
    return functions_named(model, _FUNCTION)


def _watched(native: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    signature = inspect.signature(native)

    def attention(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        for name in ("key", "value"):
            given[name] = recorder.shown(f"attention_{name}", given[name])
        recorder.shown("attention_mask", _weights(given["attention_mask"], given["query"], given["key"]))
        sinks = given.get("kwargs", {}).get("s_aux")
        if sinks is not None:
            recorder.shown("attention_sinks", sinks.reshape(-1, 1))
        scalars = _scalars(given)
        with recorder.function("attention", scalars) as call:
            scaled = given["query"] * scalars["scale"]
            passed = call.passes("in", scaled)
            if not torch.equal(passed, scaled):  # dividing again would round
                given["query"] = passed / scalars["scale"]
            output, weights = native(*bound.args, **bound.kwargs)
            output = call.passes("out", output)
        with recorder.function("attention_weights", {}) as call:
            if weights is not None and call.is_asked_for:
                call.passes("in", _statistics(weights))
        return output, weights

    return attention


def _weights(mask: torch.Tensor | None, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """What the mask multiplies each weight with before they are normalised: 1 where it lets through, 0 where not.

    Shape [queries, keys]; with rows or heads in front of it where they differ.
    """
    shape = (query.shape[-2], key.shape[-2])
    if mask is None:
        return query.new_ones(shape)
    weights = mask.exp() if mask.is_floating_point() else mask.to(query.dtype)
    weights = weights[..., : shape[1]].to(query.dtype)
    while weights.dim() > 2 and (weights.shape[0] == 1 or bool((weights == weights[:1]).all())):
        weights = weights[0]
    return weights.expand(*weights.shape[:-2], *shape)


def _statistics(weights: torch.Tensor) -> torch.Tensor:
    """Of each query's weights the largest, the entropy in nats, and the sum: [rows, heads, queries, 3]."""
    entropy = -torch.special.xlogy(weights, weights).sum(-1)
    return torch.stack([weights.amax(-1), entropy, weights.sum(-1)], dim=-1)


def _scalars(given: dict[str, Any]) -> dict[str, float]:
    """The numbers that attention depends on beside its arrays; a module's own scale where the caller gave none."""
    extra = given.get("kwargs", {})
    scale = given.get("scaling")
    scalars = {
        "scale": given["query"].shape[-1] ** -0.5 if scale is None else scale,
        "softcap": given.get("softcap", extra.get("softcap")),
        "sliding_window": given.get("sliding_window", extra.get("sliding_window")),
    }
    return {name: float(value) for name, value in scalars.items() if isinstance(value, (int, float))}
