"""The models that are loaded, and how each one computes."""

from __future__ import annotations

import ctypes
import gc
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from ..errors import ProbeError, as_probe_error
from .float64 import float64_arithmetic
from .merged import Merged


@dataclass(frozen=True)
class LoadedModel:
    """A transformers model in evaluation mode. float64: its forwards compute in float64 throughout."""

    model: Any
    float64: bool
    merged: Merged = field(default_factory=dict)

    @contextmanager
    def computing(self) -> Iterator[Any]:
        """Gives the model, in its own arithmetic and without gradients.

        What is raised within becomes a ProbeError, of the kind `reference` where it has none yet.
        """
        try:
            # Not inference_mode: its tensors do not count the writes to them, which `same_as` needs.
            with torch.no_grad():
                if self.float64:
                    with float64_arithmetic():
                        yield self.model
                else:
                    yield self.model
        except Exception as error:
            translated = as_probe_error(error, "reference")
            traceback.clear_frames(error.__traceback__)  # they hold activations for as long as the error lives
            raise translated from None


class Models:
    """Loaded models by the names that the engine got for them."""

    def __init__(self) -> None:
        self._loaded: dict[str, LoadedModel] = {}
        self._made = 0

    def add(self, loaded: LoadedModel) -> str:
        """Keeps a model; returns its name, which is never used again."""
        self._made += 1
        name = f"m{self._made}"
        self._loaded[name] = loaded
        return name

    def get(self, name: str) -> LoadedModel:
        """The model of that name; ProbeError `bad_request` where there is none."""
        if name not in self._loaded:
            raise ProbeError("bad_request", f"no model {name!r} is loaded")
        return self._loaded[name]

    def remove(self, name: str) -> None:
        """Forgets a model and gives its memory back to the system."""
        self.get(name)
        del self._loaded[name]
        release_memory()


def release_memory() -> None:
    """Frees what only cycles hold, and gives freed pages back: glibc keeps them otherwise."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
