"""Which model types this mlx-lm has a port of; nothing is imported but mlx-lm itself."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path


def known_types() -> dict[str, str]:
    """The module of `mlx_lm.models` that serves each model type, those reached by mlx-lm's renaming included."""
    utils = importlib.import_module("mlx_lm.utils")
    folder = Path(str(utils.__file__)).parent / "models"
    modules = {file.stem for file in folder.glob("*.py") if _defines_model(file)}
    renamed = getattr(utils, "MODEL_REMAPPING", {})
    served = {name: name for name in modules if name not in renamed}
    return served | {name: module for name, module in renamed.items() if module in modules}


def _defines_model(file: Path) -> bool:
    tree = ast.parse(file.read_bytes())
    return any(isinstance(node, ast.ClassDef) and node.name == "Model" for node in tree.body)
