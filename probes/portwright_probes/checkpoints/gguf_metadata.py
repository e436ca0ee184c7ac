"""The key-value part of a GGUF file."""

from __future__ import annotations

from typing import Any

from ..errors import ProbeError


class Metadata:
    """Keys of a GGUF file with their values as plain Python; a missing key is a ProbeError that names it."""

    def __init__(self, reader: Any) -> None:
        self._fields = reader.fields

    def __getitem__(self, key: str) -> Any:
        if key not in self._fields:
            raise ProbeError("checkpoint", f"the GGUF file has no '{key}'")
        return self._fields[key].contents()


def open_reader(path: Any) -> Any:
    """The `gguf` package's reader of the file, which maps it."""
    try:
        from gguf import GGUFReader  # optional
    except ImportError as error:
        sentence = "reading the built-in weights needs the Python package gguf: pip install gguf"
        raise ProbeError("environment", sentence) from error
    try:
        return GGUFReader(path)
    except (ValueError, IndexError, OSError) as error:
        raise ProbeError("checkpoint", f"{path} is not a readable GGUF file: {error}") from error
