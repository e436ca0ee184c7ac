"""Tensors that a forward is given in place of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from .. import safetensors_io
from ..errors import ProbeError
from .tensors import from_file


class Forced:
    """The `force` argument of the protocol: which point of which call is replaced by which tensor of which file."""

    def __init__(self, force: dict[str, Any] | None) -> None:
        """ProbeError `bad_request` where `force` is not what the protocol says or names a tensor no file has."""
        force = force or {"files": [], "calls": {}}
        if set(force) != {"files", "calls"} or not isinstance(force["calls"], dict):
            raise ProbeError("bad_request", "`force` has exactly the keys `files` and `calls`")
        stored = _read(force["files"])
        self._points: dict[str, safetensors_io.Tensor] = {}
        for call, points in force["calls"].items():
            if not isinstance(points, dict) or set(points) - {"in", "out"}:
                raise ProbeError("bad_request", f"`force` of {call} has other keys than `in` and `out`")
            for point, name in points.items():
                if name is not None and name not in stored:
                    raise ProbeError("bad_request", f"`force` names the tensor {name}, which no given file holds")
                if name is not None:
                    self._points[f"{call}:{point}"] = stored[name]
        self._unused = set(self._points)

    def take(self, point: str, replaced: torch.Tensor) -> torch.Tensor | None:
        """The tensor to put at `point`, in the dtype and shape of the one it replaces; None to leave that as it is.

        It also lies in memory as that one does: a kernel may round differently over rows with gaps between them.
        ProbeError `bad_request` where the number of elements differs.
        """
        if point not in self._points:
            return None
        self._unused.discard(point)
        given = from_file(self._points[point])
        if given.numel() != replaced.numel():
            shapes = f"{list(given.shape)} in place of {list(replaced.shape)}"
            raise ProbeError("bad_request", f"the tensor given for {point} has another number of elements: {shapes}")
        overlaps = any(stride == 0 and size > 1 for size, stride in zip(replaced.shape, replaced.stride(), strict=True))
        stride = torch.empty(replaced.shape, device="meta").stride() if overlaps else replaced.stride()
        like = torch.empty_strided(replaced.shape, stride, dtype=replaced.dtype)
        return like.copy_(given.reshape(replaced.shape))

    def check_all_used(self) -> None:
        """ProbeError `bad_request` where the forward never came to a point it was to replace."""
        if self._unused:
            raise ProbeError("bad_request", f"the forward has no array at {', '.join(sorted(self._unused)[:3])}")


def _read(files: list[str]) -> dict[str, safetensors_io.Tensor]:
    stored: dict[str, safetensors_io.Tensor] = {}
    for file in files:
        try:
            stored |= safetensors_io.read(Path(file))
        except (OSError, ValueError) as error:
            raise ProbeError("bad_request", f"a file given to force a forward cannot be read: {error}") from None
    return stored
