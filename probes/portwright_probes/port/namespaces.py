"""Where a port's code finds the functions that it calls by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mlx import nn


def namespaces(modules: Iterable[nn.Module]) -> list[dict[str, Any]]:
    """The modules' own files, also where another port replaced them, and mlx-lm's."""
    files = [getattr(type(module).__call__, "__globals__", {}) for module in modules]
    files += [vars(module) for name, module in sorted(sys.modules.items()) if name.startswith("mlx_lm.models.")]
    return list({id(names): names for names in files}.values())


@contextmanager
def replaced(modules: Iterable[nn.Module], other: Callable[[Any], Callable[..., Any] | None]) -> Iterator[None]:
    """Within it, code finds `other(value)` in the place of each value for which that is not None."""
    with ExitStack() as undo:
        for names in namespaces(modules):
            for name, native in list(names.items()):
                taking_its_place = other(native)
                if taking_its_place is not None:
                    names[name] = taking_its_place
                    undo.callback(names.__setitem__, name, native)
        yield
