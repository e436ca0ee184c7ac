"""Which experts a token goes to: a switch layer is told by its caller, which is shown as functions of that caller.

mlx-lm's switch layers are called as `layer(x, indices)` and hold the weights of all experts in one stacked array.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten

from .arrays import is_floating
from .attention import FunctionCall

_STACKED = 3  # axes of the weights of several linear layers


@dataclass(frozen=True)
class Routing:
    """indices: [tokens, chosen]; count: how many experts there are; dtype: of what the tokens are shown in."""

    indices: mx.array
    count: int
    dtype: mx.Dtype


def routing_of(module: nn.Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> Routing | None:
    """What a switch layer is told by this call; None of any other call."""
    given = [*arguments, *(options[name] for name in ("indices",) if name in options)]
    if len(given) < 2 or not is_floating(given[0]) or not _is_indices(given[1]):
        return None
    weights = [value for _, value in tree_flatten(module.parameters()) if value.ndim == _STACKED]
    if not weights:
        return None
    return Routing(given[1].reshape(-1, given[1].shape[-1]), weights[0].shape[0], given[0].dtype)


def show_routing(routing: Routing, begin: Callable[[str], AbstractContextManager[FunctionCall]]) -> None:
    """Shows the choice, and in which order the switch layer will hand out the chosen experts' outputs."""
    with begin("routing") as call:
        none = mx.zeros((routing.indices.shape[0], routing.count), dtype=routing.dtype)
        call.passes("in", mx.put_along_axis(none, routing.indices, mx.array(1, dtype=routing.dtype), axis=-1))
    with begin("routing_order") as call:
        call.passes("in", routing.indices.astype(mx.float32))


def _is_indices(value: object) -> bool:
    return isinstance(value, mx.array) and mx.issubdtype(value.dtype, mx.integer) and value.ndim > 0
