"""Parameters as they are loaded: what `sanitize` made of the stored ones."""

from __future__ import annotations

from mlx import nn
from mlx.utils import tree_flatten

from ..wire import Context
from .arrays import file_dtype, to_numpy
from .paths import ROOT, modules_at


def send_parameters(context: Context, model: nn.Module, path: str) -> dict[str, list[int]]:
    """Sends every parameter at and below a module, named by its path, and gives their shapes.

    ProbeError `bad_request` for a path that is none.
    """
    above = "" if path == ROOT else path + "."
    shapes = {}
    for name, array in tree_flatten(modules_at(model, [path])[path].parameters()):
        context.tensor(above + name, to_numpy(array), file_dtype(array.dtype))
        shapes[above + name] = list(array.shape)
    return shapes
