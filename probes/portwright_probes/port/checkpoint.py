"""Reads what a checkpoint's folder says before mlx-lm does, so that its faults are told from the port's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import safetensors_io
from ..errors import ProbeError, describe


def read_config(folder: Path) -> dict[str, Any]:
    """config.json. ProbeError `checkpoint` where it is missing, unreadable, or names no model type."""
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProbeError("checkpoint", f"{folder} has no config.json") from None
    except OSError as error:
        raise ProbeError("checkpoint", f"{file} cannot be read: {describe(error)}") from error
    except ValueError as error:
        raise ProbeError("checkpoint", f"{file} is no JSON: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise ProbeError("checkpoint", f"{file} names no model_type")
    return config


def weight_names(folder: Path) -> list[str]:
    """The tensors of all weight files mlx-lm reads. ProbeError `checkpoint` where one is damaged or none is there."""
    names: list[str] = []
    files = weight_files(folder)
    if not files:
        raise ProbeError("checkpoint", f"{folder} has no model*.safetensors")
    for file in files:
        try:
            names += safetensors_io.read_header(file)[0]
        except (OSError, ValueError) as error:
            raise ProbeError("checkpoint", str(error)) from error
    return names


def weight_files(folder: Path) -> list[Path]:
    """The files that mlx-lm reads weights from."""
    return sorted(folder.glob("model*.safetensors"))
