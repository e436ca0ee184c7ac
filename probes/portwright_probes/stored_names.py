"""The names of the tensors that a checkpoint folder holds."""

from __future__ import annotations

import json
from pathlib import Path

from . import safetensors_io
from .errors import ProbeError


def stored_names(folder: Path) -> list[str] | None:
    """The tensors of `model.safetensors` or of the files its index names; None where there are no safetensors files.

    ProbeError `checkpoint` where a file is missing or damaged.
    """
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.exists():
        files = [single]
    elif index.exists():
        files = [folder / name for name in _files_of(index)]
    else:
        return None
    names: list[str] = []
    for file in files:
        try:
            names += safetensors_io.read_header(file)[0]
        except FileNotFoundError:
            raise ProbeError("checkpoint", f"{index.name} names {file.name}, which is not there") from None
        except (OSError, ValueError) as error:
            raise ProbeError("checkpoint", f"{file.name} cannot be read: {error}") from None
    return names


def _files_of(index: Path) -> list[str]:
    try:
        return sorted(set(json.loads(index.read_text())["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProbeError("checkpoint", f"{index.name} cannot be read: {error}") from None
