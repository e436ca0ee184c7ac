"""Where a port's code finds the functions that it calls by name."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from mlx import nn


def namespaces(modules: Iterable[nn.Module]) -> list[dict[str, Any]]:
    """The modules' own files, also where another port replaced them, and mlx-lm's."""
    files = [getattr(type(module).__call__, "__globals__", {}) for module in modules]
    files += [vars(module) for name, module in sorted(sys.modules.items()) if name.startswith("mlx_lm.models.")]
    return list({id(names): names for names in files}.values())
