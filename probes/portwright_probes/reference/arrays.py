"""Which array of a call is its input, and which its output: the *points* of the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef


def is_array(value: Any) -> bool:
    """Whether `value` is a floating tensor; ids, masks of bools and caches are no points."""
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def find_input(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int | str | None:
    """The position or keyword of the first array among a call's arguments, or None.

    Positional arguments come first. Among keywords `hidden_states` comes first, whatever the order at the call:
    attention modules also get a floating mask.
    """
    for position, value in enumerate(args):
        if is_array(value):
            return position
    for keyword in ("hidden_states", *kwargs):
        if is_array(kwargs.get(keyword)):
            return keyword
    return None


def output_array(output: Any) -> torch.Tensor | None:
    """The array that stands for what a module returned, or None."""
    key = _find_output(output)
    array: torch.Tensor | None = output if is_array(output) else None if key is None else output[key]
    return array


def with_output_array(output: Any, array: torch.Tensor) -> Any:
    """`output` with `array` in place of what `output_array` gives; there must be one."""
    if is_array(output):
        return array
    key = _find_output(output)
    if isinstance(output, tuple):
        items = [array if index == key else item for index, item in enumerate(output)]
        return type(output)(*items) if hasattr(output, "_fields") else tuple(items)
    output[key] = array  # a mapping or list made by this very call: nobody else holds it
    return output


def _find_output(output: Any) -> Any:
    """The index or key of the first array in what a module returned, or None."""
    if isinstance(output, (tuple, list)):
        output = dict(enumerate(output))
    items = output.items() if isinstance(output, Mapping) else ()
    return next((key for key, value in items if is_array(value)), None)


class Identities:
    """Remembers arrays by identity, without keeping their memory.

    Two arrays are the same where they show the same elements of the same storage and nothing wrote to it in between.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[Any, ...], str] = {}
        # A weak reference keeps the storage's address from being used again, not its data.
        self._references: list[StorageWeakRef] = []

    def remember(self, array: torch.Tensor, name: str) -> None:
        """Gives `array` a name; the first name stays."""
        self._references.append(StorageWeakRef(array.untyped_storage()))
        self._names.setdefault(self._key(array), name)

    def name(self, array: torch.Tensor) -> str | None:
        """The name that this very array was given, or None."""
        return self._names.get(self._key(array))

    @staticmethod
    def _key(array: torch.Tensor) -> tuple[Any, ...]:
        storage = array.untyped_storage()._cdata
        return storage, array.storage_offset(), tuple(array.shape), array.stride(), array.dtype, array._version
