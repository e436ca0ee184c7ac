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
        """Runs `file` as `mlx_lm.models.<model_type>`, afresh each time, in the place of whatever stood in before.

        ProbeError `port` where it raises or defines no Model and ModelArgs; `bad_request` where it is no file.
        """
        if not file.is_file():
            raise ProbeError("bad_request", f"there is no port file {file}")
        file = file.absolute()  # as tracebacks name it
        self.clear()
        _forget_ports()  # one that imports from another has to see this one
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

    def clear(self) -> None:
        """Lets mlx-lm find its own ports again."""
        if not self._hidden:
            return
        for taken in self._hidden.values():
            for table, key, value in taken:
                table[key] = value
        self._hidden.clear()
        _forget_ports()


def _forget_ports() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("mlx_lm.models.") and hasattr(module, "Model") and hasattr(module, "ModelArgs"):
            del sys.modules[name]
            parent = sys.modules.get("mlx_lm.models")
            attribute = name.rpartition(".")[2]
            if parent is not None and getattr(parent, attribute, None) is module:
                delattr(parent, attribute)  # `from . import llama` would find it there


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
