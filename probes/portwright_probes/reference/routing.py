"""Which experts a token goes to: an experts module is told by its caller, which is shown as functions of that caller.

transformers' experts modules are called as `experts(hidden_states, top_k_index, top_k_weights)` and know how many they
are. What is shown does not depend on the order in which a token's experts are listed, which is no side's promise.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from .recorder import Recorder

_INDEX, _WEIGHTS = "top_k_index", "top_k_weights"


@dataclass(frozen=True)
class Experts:
    """An experts module: the signature it is called by, and how many experts it holds."""

    signature: inspect.Signature
    count: int


def experts_of(module: nn.Module) -> Experts | None:
    """What is known of an experts module; None of any other."""
    signature = inspect.signature(module.forward)
    count = getattr(module, "num_experts", None)
    known = isinstance(count, int) and {_INDEX, _WEIGHTS} <= set(signature.parameters)
    return Experts(signature, count) if known and isinstance(count, int) else None


def show_routing(recorder: Recorder, experts: Experts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Records the choice and the weights that an experts module is about to be called with."""
    given = experts.signature.bind(*args, **kwargs).arguments
    index, weights = given.get(_INDEX), given.get(_WEIGHTS)
    if not isinstance(index, torch.Tensor) or not isinstance(weights, torch.Tensor) or index.shape != weights.shape:
        return
    with recorder.function("routing", {}, {"chosen_by": recorder.maker_of(index, weights)}) as call:
        call.passes("in", _dense(torch.ones_like(weights), index, experts.count))
    with recorder.function("routing_weights", {}) as call:
        call.passes("in", _dense(weights, index, experts.count))


def _dense(values: torch.Tensor, index: torch.Tensor, count: int) -> torch.Tensor:
    """[tokens, experts] from [tokens, chosen]: 0 where an expert was not chosen."""
    rows = index.flatten(0, -2)
    # Where experts lie on several devices, those of others have one index behind the last.
    dense = values.new_zeros((rows.shape[0], count + 1))
    return dense.scatter_(1, rows, values.flatten(0, -2))[:, :count].contiguous()
