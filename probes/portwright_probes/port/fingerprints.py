"""Fingerprints of modules' parameters as they are loaded."""

from __future__ import annotations

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten

from ..fingerprint import multiset_hash, total
from ..wire import Context
from .arrays import to_numpy
from .paths import modules_at


def fingerprints(context: Context, model: nn.Module, paths: list[str]) -> dict[str, str]:
    """Sixteen hexadecimal digits for each module path. ProbeError `bad_request` for a path that is none."""
    hashes: dict[int, int] = {}

    def of(parameter: mx.array) -> int:
        key = id(parameter)
        if key not in hashes:
            context.check_cancelled()
            hashes[key] = multiset_hash(to_numpy(parameter))
        return hashes[key]

    return {
        path: f"{total(of(array) for _, array in tree_flatten(module.parameters())):016x}"
        for path, module in modules_at(model, paths).items()
    }
