"""Puts a port outside the package in the place of `mlx_lm.models.<model_type>`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import ProbeError
from .blame import port_code


class PortFiles:
    """The ports that stand in for mlx-lm's own, by model type.

    mlx-lm looks a port up by importing `mlx_lm.models.NAME` after two tables of other names. A module placed in
    sys.modules, with the tables' entries out of the way, is found by every entry point of mlx-lm: loading, tokenizers
    and conversion alike.
    """

    def __init__(self) -> None:
        self._hidden: dict[str, list[tuple[dict[Any, Any], Any, Any]]] = {}

    def install(self, model_type: str, file: Path) -> ModuleType:
        """Runs `file` as `mlx_lm.models.<model_type>`, afresh each time.

        ProbeError `port` where it raises or defines no Model and ModelArgs; `bad_request` where it is no file.
        """
        if not file.is_file():
            raise ProbeError("bad_request", f"there is no port file {file}")
        file = file.absolute()  # as tracebacks name it
        self.remove(model_type)
        name = f"mlx_lm.models.{model_type}"
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ProbeError("bad_request", f"{file} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            with port_code(str(file)):
                spec.loader.exec_module(module)
            for required in ("Model", "ModelArgs"):
                if not hasattr(module, required):
                    raise ProbeError("port", f"{file} defines no class {required}", where=f"{file}:1")
        except ProbeError:
            del sys.modules[name]
            raise
        self._hidden[model_type] = _take_renames(model_type)
        return module

    def remove(self, model_type: str) -> None:
        """Lets mlx-lm find its own port of `model_type` again."""
        if model_type in self._hidden:
            for table, key, value in self._hidden.pop(model_type):
                table[key] = value
            sys.modules.pop(f"mlx_lm.models.{model_type}", None)


def _take_renames(model_type: str) -> list[tuple[dict[Any, Any], Any, Any]]:
    """Removes what would send `model_type` to a port of another name; returns (table, key, value) to put back."""
    utils = importlib.import_module("mlx_lm.utils")
    taken = []
    for table_name in ("MODEL_REMAPPING", "MODEL_ARCHITECTURE_REMAPPING"):
        table = getattr(utils, table_name, {})
        for key in list(table):
            if key == model_type or (isinstance(key, tuple) and key[0] == model_type):
                taken.append((table, key, table.pop(key)))
    return taken
