"""torch tensors as the exchange wants them: numpy arrays beside safetensors' dtype names."""

from __future__ import annotations

import numpy as np
import torch

from ..safetensors_io import Tensor

# numpy has none of these: their bits travel.
_BITS = {
    torch.bfloat16: (torch.uint16, "BF16"),
    torch.float8_e4m3fn: (torch.uint8, "F8_E4M3"),
    torch.float8_e5m2: (torch.uint8, "F8_E5M2"),
}


def dtype_name(dtype: torch.dtype) -> str:
    """The dtype as the protocol spells it: `float32`, `bfloat16`."""
    return str(dtype).removeprefix("torch.")


def to_numpy(tensor: torch.Tensor) -> tuple[np.ndarray, str | None]:
    """The tensor's elements, and safetensors' name for the dtype where numpy has none. Shares memory where it can."""
    tensor = tensor.detach().contiguous()
    if tensor.dtype in _BITS:
        bits, name = _BITS[tensor.dtype]
        return tensor.view(bits).numpy(), name
    return tensor.numpy(), None


def from_file(tensor: Tensor) -> torch.Tensor:
    """A tensor of a safetensors file, with a copy of the elements."""
    array = torch.from_numpy(np.array(tensor.array))
    for dtype, (_, name) in _BITS.items():
        if tensor.dtype == name:
            return array.view(dtype)
    return array
