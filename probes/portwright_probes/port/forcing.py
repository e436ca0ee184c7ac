"""Tensors that are given to modules in place of what they would have got or made."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import mlx.core as mx

from .. import safetensors_io
from ..errors import ProbeError
from .arrays import from_numpy


class Forced:
    """The given tensors by call and side ("in", "out")."""

    def __init__(self, files: list[str], calls: Mapping[str, Mapping[str, str | None]]) -> None:
        """ProbeError `bad_request` where a file cannot be read or a named tensor is in none of them."""
        tensors: dict[str, safetensors_io.Tensor] = {}
        for file in files:
            try:
                tensors.update(safetensors_io.read(Path(file)))
            except (OSError, ValueError) as error:
                raise ProbeError("bad_request", f"a file to force from cannot be read: {error}") from error
        self._given: dict[tuple[str, str], safetensors_io.Tensor] = {}
        for call, sides in calls.items():
            for side, name in sides.items():
                if side not in ("in", "out") or (name is not None and name not in tensors):
                    raise ProbeError("bad_request", f"force: {call} {side}: there is no tensor {name!r}")
                if name is not None:
                    self._given[call, side] = tensors[name]

    def has(self, call: str, side: str) -> bool:
        """Whether a tensor is given for this point."""
        return (call, side) in self._given

    def array(self, call: str, side: str, shape: tuple[int, ...], dtype: mx.Dtype) -> mx.array:
        """The given tensor in the shape and dtype of the one it replaces. ProbeError where the sizes differ."""
        tensor = self._given[call, side]
        if tensor.array.size != prod(shape):
            given = list(tensor.array.shape)
            raise ProbeError(
                "bad_request", f"force: {call}:{side} has the shape {list(shape)}, the given tensor {given}"
            )
        return from_numpy(tensor.array, tensor.dtype).astype(dtype).reshape(shape)


def parse_force(force: dict[str, Any]) -> Forced:
    """From the request's argument; ProbeError `bad_request` where it has another form."""
    files, calls = force.get("files"), force.get("calls")
    fine = set(force) <= {"files", "calls"} and isinstance(files, list) and isinstance(calls, dict)
    if not fine or not all(isinstance(sides, dict) for sides in calls.values()):  # type: ignore[union-attr]
        raise ProbeError("bad_request", "force is {files: […], calls: {call: {in, out}}}")
    return Forced(files, calls)  # type: ignore[arg-type]
