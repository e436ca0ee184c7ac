"""Fingerprints of modules' parameters as they are loaded."""

from __future__ import annotations

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten

from ..errors import ProbeError
from ..fingerprint import multiset_hash, total
from ..wire import Context
from .arrays import to_numpy
from .paths import ROOT


def fingerprints(context: Context, model: nn.Module, paths: list[str]) -> dict[str, str]:
    """Sixteen hexadecimal digits for each module path. ProbeError `bad_request` for a path that is none."""
    modules = {path or ROOT: module for path, module in model.named_modules()}
    hashes: dict[int, int] = {}

    def of(parameter: mx.array) -> int:
        key = id(parameter)
        if key not in hashes:
            context.check_cancelled()
            hashes[key] = multiset_hash(to_numpy(parameter))
        return hashes[key]

    result = {}
    for path in paths:
        if path not in modules:
            raise ProbeError("bad_request", f"there is no module {path!r}")
        result[path] = f"{total(of(array) for _, array in tree_flatten(modules[path].parameters())):016x}"
    return result
