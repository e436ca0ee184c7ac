"""The functions that transformers' modeling files call by name, and how others take their place for one forward."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from torch import nn

# In which namespace, by which name, and the function itself.
Found = tuple[ModuleType, str, Callable[..., Any]]


def namespaces(model: nn.Module) -> list[ModuleType]:
    """The files that the model's modules are written in."""
    return [sys.modules[name] for name in sorted({type(module).__module__ for module in model.modules()})]


def functions_named(model: nn.Module, name: str) -> list[Found]:
    """The functions of this name that the model's modules find."""
    return [(space, name, getattr(space, name)) for space in namespaces(model) if hasattr(space, name)]


def functions_taking(model: nn.Module, parameters: Collection[str]) -> list[Found]:
    """The functions with all of these parameters that the model's modules find."""
    return [
        (space, name, one)
        for space in namespaces(model)
        for name, one in vars(space).items()
        if inspect.isfunction(one) and set(parameters) <= set(inspect.signature(one).parameters)
    ]


@contextmanager
def replaced(functions: Iterable[Found], other: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """Within it, code finds `other(function)` in the place of each."""
    with ExitStack() as undo:
        for namespace, name, native in functions:
            setattr(namespace, name, other(native))
            undo.callback(setattr, namespace, name, native)
        yield
