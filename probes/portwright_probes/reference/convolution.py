"""Shows a recorder each short causal convolution as a call of the module that owns its weight.

transformers' modeling files hand such a module's weight to a function of their own namespace and never call the
module; the function is replaced for the time of one forward. Shown is what a port's module is given and gives: [rows,
zeros and positions, channels] in, with a zero for each earlier position that the first one's taps reach, and [rows,
positions, channels] out, before the activation.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers.activations import ACT2FN

if TYPE_CHECKING:
    from .recorder import Recorder

_FUNCTION = "causal_conv1d_fn"

# Where the data of a convolution's weight lie: the module's path and class.
_Owners = dict[int, tuple[str, str]]


@contextmanager
def watch_convolutions(model: nn.Module, recorder: Recorder) -> Iterator[None]:
    """Within it, a convolution computed with a module's weight is a call of that module, the recorder's."""
    owners = _owners(model)
    with ExitStack() as undo:
        for name in sorted({type(module).__module__ for module in model.modules()}):
            namespace = sys.modules[name]
            native = getattr(namespace, _FUNCTION, None)
            if native is not None:
                setattr(namespace, _FUNCTION, _watched(native, owners, recorder))
                undo.callback(setattr, namespace, _FUNCTION, native)
        yield


def _owners(model: nn.Module) -> _Owners:
    return {
        module.weight.data_ptr(): (path, type(module).__name__)
        for path, module in model.named_modules()
        if isinstance(module, nn.Conv1d)
    }


def _watched(native: Callable[..., Any], owners: _Owners, recorder: Recorder) -> Callable[..., Any]:
    signature = inspect.signature(native)

    def convolution(*args: Any, **kwargs: Any) -> torch.Tensor:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        array, weight, activation = given["hidden_states"], given["weight"], given["activation"]
        owner = owners.get(weight.data_ptr())
        if owner is None:
            made: torch.Tensor = native(*args, **kwargs)
            return made
        earlier = weight.shape[-1] - 1
        with recorder.module(*owner) as call:
            own = nn.functional.pad(_transposed(array), (0, 0, earlier, 0))
            passed = call.passes("in", own)
            replaced = passed is not own
            # In the weight's dtype, so that the function does not round what the activation is to see.
            given["hidden_states"] = (_transposed(passed) if replaced else array).to(weight.dtype)
            given["activation"] = None
            made = native(*bound.args, **bound.kwargs)
            if replaced:  # the function put its own zeros in front of the forced ones
                made = made[..., earlier:]
            made = _transposed(call.passes("out", _transposed(made)))
        if activation is not None:
            made = ACT2FN[activation](made)
        return made.to(array.dtype)

    return convolution


def _transposed(array: torch.Tensor) -> torch.Tensor:
    """[rows, channels, positions] from [rows, positions, channels], or the other way."""
    return array.transpose(-1, -2)
