"""Shows a recorder each short causal convolution as a call of the module that owns its weight.

transformers' modeling files hand such a module's weight to a function of their own namespace and never call the
module; the function is replaced for the time of one forward. Shown is what a port's module is given and gives: [rows,
zeros and positions, channels] in, with a zero for each earlier position that the first one's taps reach, and [rows,
positions, channels] out, before the activation. One that was put together from several stored ones calls each of
them, with its own channels.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers.activations import ACT2FN

from .merged import Merged, Part
from .namespaces import functions_named, replaced

if TYPE_CHECKING:
    from .recorder import Recorder

_FUNCTION = "causal_conv1d_fn"


@dataclass(frozen=True)
class _Owner:
    """The module that owns a weight. kind: its class."""

    path: str
    kind: str
    parts: tuple[Part, ...]


_Owners = dict[int, _Owner]  # by where the data of the weight lie


def watch_convolutions(model: nn.Module, recorder: Recorder, merged: Merged) -> AbstractContextManager[None]:
    """Within it, a convolution computed with a module's weight is a call of that module, the recorder's."""
    owners = _owners(model, merged)
    return replaced(functions_named(model, _FUNCTION), lambda native: _watched(native, owners, recorder))


def _owners(model: nn.Module, merged: Merged) -> _Owners:
    return {
        module.weight.data_ptr(): _Owner(path, type(module).__name__, merged.get(path, ()))
        for path, module in model.named_modules()
        if isinstance(module, nn.Conv1d)
    }


def _watched(native: Callable[..., Any], owners: _Owners, recorder: Recorder) -> Callable[..., Any]:
    signature = inspect.signature(native)

    def convolution(*args: Any, **kwargs: Any) -> torch.Tensor:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        array, weight, bias, activation = (given[name] for name in ("hidden_states", "weight", "bias", "activation"))
        owner = owners.get(weight.data_ptr())
        if owner is None:
            unknown: torch.Tensor = native(*args, **kwargs)
            return unknown
        earlier = weight.shape[-1] - 1
        given["activation"] = None

        def computed(arrived: torch.Tensor, channels: slice) -> torch.Tensor:
            # In the weight's dtype, so that the function does not round what the activation is to see.
            given["hidden_states"] = arrived.to(weight.dtype)
            given["weight"] = weight[channels]
            given["bias"] = None if bias is None else bias[channels]
            made: torch.Tensor = native(*bound.args, **bound.kwargs)
            return made

        def replaced(arrived: torch.Tensor, channels: slice) -> torch.Tensor:
            # The function puts its own zeros in front of those that are here already.
            return _transposed(computed(_transposed(arrived), channels)[..., earlier:])

        everything = slice(0, len(weight))
        with recorder.module(owner.path, owner.kind) as call:
            own = nn.functional.pad(_transposed(array), (0, 0, earlier, 0))
            passed = call.passes("in", own)
            made = _transposed(computed(array, everything)) if passed is own else replaced(passed, everything)
            left = call.passes("out", _through_parts(recorder, owner, passed, made, replaced))
            # What follows may round otherwise where elements lie otherwise in memory.
            made = _transposed(left if left is made else _laid_out(left, made))
        if activation is not None:
            made = ACT2FN[activation](made)
        return made.to(array.dtype)

    return convolution


def _through_parts(
    recorder: Recorder,
    owner: _Owner,
    array: torch.Tensor,
    made: torch.Tensor,
    replaced: Callable[[torch.Tensor, slice], torch.Tensor],
) -> torch.Tensor:
    """What the parts make of `array` together: `made`, but where a part's input or output is replaced."""
    outputs, own = [], True
    for part in owner.parts:
        with recorder.module(part.path, owner.kind) as call:
            arrived, left = array[..., part.channels], made[..., part.channels]
            passed = call.passes("in", arrived)
            computed = left if passed is arrived else replaced(passed, part.channels)
            outputs.append(call.passes("out", computed))
        own = own and outputs[-1] is left
    return made if own else torch.cat(outputs, dim=-1)


def _laid_out(array: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return torch.empty_strided(like.shape, like.stride(), dtype=array.dtype, device=array.device).copy_(array)


def _transposed(array: torch.Tensor) -> torch.Tensor:
    """[rows, channels, positions] from [rows, positions, channels], or the other way."""
    return array.transpose(-1, -2)
