"""Puts arrays inside a switch layer back into the caller's order.

mlx-lm sorts tokens by expert where there are many of them, through one helper of its switch layers; while a forward is
watched, the helper also tells which switch layer it sorted for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import mlx.core as mx

_HELPER = "_gather_sort"


@dataclass(frozen=True)
class Sorting:
    """One sort: `inverse` holds, for each (row, expert of the row), its place among the sorted; `shape` is theirs."""

    inverse: mx.array
    shape: tuple[int, ...]

    def applies_to(self, array: mx.array) -> bool:
        """Whether the array's rows are the sorted ones."""
        return array.ndim > 0 and array.shape[0] == self.inverse.size

    def undo(self, array: mx.array) -> mx.array:
        """From [rows x experts of a row, …] by expert to [rows…, experts of a row, …]."""
        return mx.unflatten(array[self.inverse], 0, self.shape)

    def redo(self, array: mx.array) -> mx.array:
        """The reverse of `undo`."""
        return array.flatten(0, len(self.shape) - 1)[mx.argsort(self.inverse)]


@contextmanager
def watch_sorting(tell: Callable[[Sorting], None]) -> Iterator[None]:
    """Calls `tell` at each sort while the context lasts."""
    owners = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("mlx_lm.models.") and hasattr(module, _HELPER)
    ]
    natives = [getattr(module, _HELPER) for module in owners]

    def watched(native: Callable[..., Any]) -> Callable[..., Any]:
        def sort(x: mx.array, indices: mx.array) -> Any:
            result = native(x, indices)
            tell(Sorting(result[2], tuple(indices.shape)))
            return result

        return sort

    try:
        for module, native in zip(owners, natives, strict=True):
            setattr(module, _HELPER, watched(native))
        yield
    finally:
        for module, native in zip(owners, natives, strict=True):
            setattr(module, _HELPER, native)
