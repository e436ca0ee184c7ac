"""Reads and writes safetensors files with numpy alone, without a copy where that is possible.

numpy has no bfloat16: BF16 tensors are arrays of uint16 that hold their bits, and F8 tensors arrays of uint8.
Format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# The borrowed dtypes come first, so that the inverse table names numpy's own.
NUMPY_DTYPES: dict[str, type[np.generic]] = {
    "BF16": np.uint16, "F8_E4M3": np.uint8, "F8_E5M2": np.uint8, "F8_E8M0": np.uint8,
    "F64": np.float64, "F32": np.float32, "F16": np.float16, "C64": np.complex64,
    "I64": np.int64, "I32": np.int32, "I16": np.int16, "I8": np.int8,
    "U64": np.uint64, "U32": np.uint32, "U16": np.uint16, "U8": np.uint8, "BOOL": np.bool_,
}  # fmt: skip
_NAMES = {np.dtype(kind): name for name, kind in NUMPY_DTYPES.items()}

_MAXIMUM_HEADER_BYTES = 100_000_000


@dataclass(frozen=True)
class Tensor:
    """A tensor as a file holds it: `dtype` is the file's name for it, `array` its elements (see above for BF16)."""

    dtype: str
    array: np.ndarray


@dataclass(frozen=True)
class Entry:
    """One line of a header. begin, end: bytes from the start of the data."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def dtype_name(array: np.ndarray) -> str:
    """The format's name for a numpy dtype; a ValueError where it has none."""
    try:
        return _NAMES[array.dtype]
    except KeyError:
        raise ValueError(f"safetensors has no dtype for numpy's {array.dtype}") from None


def write(path: Path, tensors: dict[str, tuple[str, tuple[int, ...], Any]], opener: Any = None) -> int:
    """Writes {name: (dtype, shape, C-ordered buffer)} to a new file; returns its bytes. OSError where it cannot."""
    header: dict[str, Any] = {}
    begin = 0
    for name, (dtype, shape, data) in tensors.items():
        end = begin + memoryview(data).nbytes
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "xb", buffering=0, opener=opener) as file:
        _write_all(file, len(text).to_bytes(8, "little") + text)
        for _, _, data in tensors.values():
            _write_all(file, data)
    return 8 + len(text) + begin


def _write_all(file: BinaryIO, data: Any) -> None:
    # A raw file may take less than it was given, and no call takes more than 2 GiB.
    rest = memoryview(data).cast("B") if memoryview(data).nbytes else memoryview(b"")
    while rest:
        rest = rest[file.write(rest[: 1 << 30]) :]


def read_header(path: Path) -> tuple[dict[str, Entry], int]:
    """The entries of a file by name, and where its data starts. ValueError with a sentence where it is damaged."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _MAXIMUM_HEADER_BYTES):
            raise ValueError(f"{path.name}: the header says {length} bytes, the file has {size}")
        try:
            header = json.loads(file.read(length))
        except ValueError as error:
            raise ValueError(f"{path.name}: the header is no JSON: {error}") from None
    if not isinstance(header, dict):
        raise ValueError(f"{path.name}: the header is no JSON object")
    entries = {name: _entry(path, name, fields) for name, fields in header.items() if name != "__metadata__"}
    end = max((entry.end for entry in entries.values()), default=0)
    if 8 + length + end != size:
        raise ValueError(f"{path.name}: the tensors need {8 + length + end} bytes, the file has {size}")
    return entries, 8 + length


def _entry(path: Path, name: str, fields: Any) -> Entry:
    try:
        shape = tuple(int(extent) for extent in fields["shape"])
        begin, end = (int(offset) for offset in fields["data_offsets"])
        entry = Entry(str(fields["dtype"]), shape, begin, end)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path.name}: the entry of {name} is damaged") from None
    kind = NUMPY_DTYPES.get(entry.dtype)
    if begin < 0 or end < begin or min(shape, default=0) < 0:
        raise ValueError(f"{path.name}: the entry of {name} is damaged")
    if kind is not None and end - begin != int(np.prod(shape, dtype=object)) * np.dtype(kind).itemsize:
        raise ValueError(
            f"{path.name}: {name} has {end - begin} bytes, {entry.dtype} {list(shape)} needs another number"
        )
    return entry


def read(path: Path) -> dict[str, Tensor]:
    """Maps a file's tensors, read-only. ValueError where the file is damaged or holds a dtype that numpy cannot."""
    entries, start = read_header(path)
    # One mapping for all of them: each keeps a descriptor open, and mlx-lm lowers how many a process may have.
    data = np.memmap(path, np.uint8, "r") if entries else np.empty(0, np.uint8)
    tensors = {}
    for name, entry in entries.items():
        if entry.dtype not in NUMPY_DTYPES:
            raise ValueError(f"{path.name}: {name} has the dtype {entry.dtype}, which is not known here")
        kind = np.dtype(NUMPY_DTYPES[entry.dtype])
        array = data[start + entry.begin : start + entry.end].view(kind).reshape(entry.shape)
        tensors[name] = Tensor(entry.dtype, array)
    return tensors
