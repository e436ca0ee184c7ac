"""Shows a watcher what each attention is computed from: queries, keys, values, mask, scale, and what comes out.

mlx-lm's ports reach attention through a helper of `base` that each file imports by name, or through MLX's own
function; both are replaced for the time of one forward. Layouts are the protocol's ("Functions").
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Protocol

import mlx.core as mx
from mlx import nn

from .arrays import is_floating
from .namespaces import namespaces

_FUNCTION = "scaled_dot_product_attention"
_TINY = 1e-38  # its product with its logarithm is nothing


class FunctionCall(Protocol):
    """The running call of a function."""

    @property
    def is_asked_for(self) -> bool:
        """Whether the call is described: what takes long to make for it need not be made otherwise."""

    def passes(self, side: str, array: mx.array) -> mx.array:
        """Captures what the function was given (`in`) or made (`out`); what is to go on in its place."""


# Begins a call of a function of the running module: by its name and its scalar arguments.
Begin = Callable[[str, dict[str, float]], AbstractContextManager[FunctionCall]]


@contextmanager
def watch_attention(modules: Iterable[nn.Module], begin: Begin) -> Iterator[None]:
    """Within it, every attention of these modules is a function call that `begin` begins."""
    running: list[bool] = []  # the helper calls MLX's function: one attention, not two

    def watched(native: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
        def attention(*args: Any, **kwargs: Any) -> Any:
            if running:
                return native(*args, **kwargs)
            running.append(True)
            try:
                given = {**dict(zip(names, args, strict=False)), **kwargs}
                return _recorded(native, given, begin)
            finally:
                running.pop()

        return attention

    with ExitStack() as undo:
        fast = mx.fast.scaled_dot_product_attention
        mx.fast.scaled_dot_product_attention = watched(fast, ["q", "k", "v"])
        undo.callback(setattr, mx.fast, _FUNCTION, fast)
        for names in namespaces(modules):
            native = names.get(_FUNCTION)
            if not callable(native):
                continue
            names[_FUNCTION] = watched(native, list(inspect.signature(native).parameters))
            undo.callback(names.__setitem__, _FUNCTION, native)
        yield


def _recorded(native: Callable[..., Any], given: dict[str, Any], begin: Begin) -> Any:
    query, key, value = list(given)[:3]
    # A quantized cache hands out keys and values in a form of its own.
    for name, operand in (("key", key), ("value", value)):
        if is_floating(given[operand]):
            with begin(f"attention_{name}", {}) as call:
                given[operand] = call.passes("in", given[operand])
    if is_floating(given[key]):
        with begin("attention_mask", {}) as call:
            call.passes("in", _weights(given.get("mask"), given[query], given[key]))
    if is_floating(given.get("sinks")):
        with begin("attention_sinks", {}) as call:
            call.passes("in", given["sinks"].reshape(-1, 1))
    scale = float(given["scale"])
    with begin("attention", {"scale": scale}) as call:
        scaled = given[query] * scale
        passed = call.passes("in", scaled)
        if passed is not scaled and not mx.array_equal(passed, scaled).item():  # dividing again would round
            given[query] = passed / scale
        if query == "q":  # MLX's own function takes them by position alone
            others = {name: it for name, it in given.items() if name not in (query, key, value)}
            output = native(given[query], given[key], given[value], **others)
        else:
            output = native(**given)
        turned = output.swapaxes(1, 2)
        made = call.passes("out", turned)
    if is_floating(given[key]):
        with begin("attention_weights", {}) as call:
            if call.is_asked_for:
                call.passes("in", _statistics(passed, given[key], given.get("mask"), given.get("sinks")))
    return output if made is turned else made.swapaxes(1, 2)


def _weights(mask: Any, query: mx.array, key: mx.array) -> mx.array:
    """What the mask multiplies each weight with before they are normalised: 1 where it lets through, 0 where not.

    Shape [queries, keys]; with rows or heads in front of it where they differ.
    """
    queries, keys = query.shape[-2], key.shape[-2]
    mask = _unnamed(mask, queries, keys)
    if mask is None:
        return mx.ones((queries, keys), dtype=query.dtype)
    weights = mx.exp(mask) if is_floating(mask) else mask
    weights = weights.astype(query.dtype)
    while weights.ndim > 2 and (
        weights.shape[0] == 1 or mx.array_equal(weights, mx.broadcast_to(weights[:1], weights.shape)).item()
    ):
        weights = weights[0]
    return mx.broadcast_to(weights, (*weights.shape[:-2], queries, keys))


def _unnamed(mask: Any, queries: int, keys: int) -> Any:
    """The array that a mask's name stands for, or the mask itself."""
    if isinstance(mask, str):  # "causal": the last query sees the last key
        return mx.tril(mx.ones((queries, keys), dtype=mx.bool_), k=keys - queries)
    return mask


def _statistics(scaled: mx.array, key: mx.array, mask: Any, sinks: Any) -> mx.array:
    """Of each query's weights the largest, the entropy in nats, and the sum: [rows, heads, queries, 3].

    The kernel hands no weights out: they are made again of what it is given. scaled: the queries times the scale.
    """
    scaled, key = scaled.astype(mx.float32), key.astype(mx.float32)
    scores = scaled @ mx.repeat(key, scaled.shape[1] // key.shape[1], 1).swapaxes(2, 3)
    mask = _unnamed(mask, *scores.shape[2:])
    if mask is not None:
        scores = scores + mask if is_floating(mask) else mx.where(mask, scores, -mx.inf)
    if is_floating(sinks):
        column = mx.broadcast_to(sinks.astype(mx.float32).reshape(1, -1, 1, 1), (*scores.shape[:3], 1))
        scores = mx.concatenate([scores, column], -1)
    weights = mx.softmax(scores, -1)[..., : key.shape[2]]
    logarithm = mx.log(mx.maximum(weights, _TINY))
    return mx.stack([weights.max(-1), -(weights * logarithm).sum(-1), weights.sum(-1)], -1)
