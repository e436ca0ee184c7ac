"""Between mx.array and numpy, and the names of dtypes."""

from __future__ import annotations

import mlx.core as mx
import numpy as np

_FILE_DTYPES = {
    mx.bfloat16: "BF16", mx.float16: "F16", mx.float32: "F32", mx.float64: "F64", mx.bool_: "BOOL", mx.complex64: "C64",
    mx.int8: "I8", mx.int16: "I16", mx.int32: "I32", mx.int64: "I64",
    mx.uint8: "U8", mx.uint16: "U16", mx.uint32: "U32", mx.uint64: "U64",
}  # fmt: skip


def dtype_word(dtype: mx.Dtype) -> str:
    """`bfloat16` for mx.bfloat16."""
    return str(dtype).rpartition(".")[2]


def file_dtype(dtype: mx.Dtype) -> str:
    """The name that a safetensors file uses: `BF16` for mx.bfloat16."""
    return _FILE_DTYPES[dtype]


def is_floating(value: object) -> bool:
    """Whether it is an array of real numbers."""
    return isinstance(value, mx.array) and mx.issubdtype(value.dtype, mx.floating)


def to_numpy(array: mx.array) -> np.ndarray:
    """Evaluates the array and gives its elements, C-ordered; bfloat16 as uint16 bits. No copy where none is needed."""
    if array.dtype == mx.bfloat16:
        array = array.view(mx.uint16)
    evaluate(array)
    return np.asarray(np.array(array, copy=False), order="C")


def from_numpy(array: np.ndarray, dtype: str) -> mx.array:
    """The reverse of `to_numpy`; `dtype` is the safetensors name that `array` was stored under."""
    result = mx.array(array)
    return result.view(mx.bfloat16) if dtype == "BF16" else result


def evaluate(*arrays: mx.array) -> None:
    """mx.eval under a name of ours: the frame in which the measured code's own lazy work may raise."""
    mx.eval(*arrays)
