"""Quantizes a checkpoint through mlx-lm's own convert."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ProbeError, as_probe_error
from .text import has_tokenizer


def convert(folder: Path, out: Path, bits: int, group_size: int) -> dict[str, Any]:
    """Writes the quantized checkpoint to `out`, which must not exist; returns the mean bits of a weight."""
    if out.exists():
        raise ProbeError("bad_request", f"{out} exists already")
    utils = importlib.import_module("mlx_lm.utils")
    module = importlib.import_module("mlx_lm.convert")
    try:
        with _tokenizer_optional(utils, folder):
            module.convert(str(folder), str(out), quantize=True, q_bits=bits, q_group_size=group_size)
        model, _ = utils.load_model(out, lazy=True)
    except Exception as error:
        raise as_probe_error(error, "checkpoint") from error
    return {"bits_per_weight": utils.compute_bits_per_weight(model)}


class _NoTokenizer:
    """What a checkpoint without a tokenizer is saved with: nothing."""

    def save_pretrained(self, _: Path) -> None:
        """Writes nothing."""


@contextmanager
def _tokenizer_optional(utils: Any, folder: Path) -> Iterator[None]:
    """Lets mlx-lm convert a folder without a tokenizer, which it refuses; changes nothing where there is one."""
    if has_tokenizer(folder):
        yield
        return
    native = utils.load_tokenizer
    utils.load_tokenizer = lambda *_, **__: _NoTokenizer()
    try:
        yield
    finally:
        utils.load_tokenizer = native
