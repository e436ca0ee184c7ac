"""Accounts for every tensor of a checkpoint while mlx-lm loads it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten

from .checkpoint import weight_files

Weights = dict[str, mx.array]


class Accounting:
    """Watches one call of mlx_lm.utils.load_model: wraps the model's `sanitize` and `load_weights`, then steps aside.

    in_files: the tensors of the files. missing: parameters no tensor gave a value. unexpected: tensors the strict load
    refused for their name or shape. dropped: tensors of the files that `sanitize` threw away. strict_error: what the
    strict load says, None where it succeeds.
    """

    def __init__(self, folder: Path, in_files: list[str], widened: bool = False) -> None:
        """widened: `sanitize` gets float32, so that what it computes is not rounded to the stored dtype."""
        self.in_files = in_files
        self._widened = widened
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.dropped: list[str] = []
        self.strict_error: str | None = None
        self._folder = folder

    def watched(self, model_class: type) -> Callable[[Any], nn.Module]:
        """A stand-in for the model class that load_model calls with the model's arguments."""

        def make(arguments: Any) -> nn.Module:
            model = model_class(arguments)
            if hasattr(model, "sanitize"):
                model.sanitize = self._watched_sanitize(model.sanitize, lambda: model_class(arguments))
            model.load_weights = lambda weights, strict=True: self._load(model, weights)
            return model

        return make

    @staticmethod
    def step_aside(model: nn.Module) -> None:
        """Removes the wrappers from the loaded model."""
        for name in ("sanitize", "load_weights"):
            vars(model).pop(name, None)

    def _watched_sanitize(
        self, sanitize: Callable[[Weights], Weights], fresh_model: Callable[[], nn.Module]
    ) -> Callable[[Weights], Weights]:
        def watched(weights: Weights) -> Weights:
            before = list(weights)
            if self._widened:
                weights = {name: as_float32(array) for name, array in weights.items()}
            after = sanitize(weights)
            shapes = {name: tuple(array.shape) for name, array in after.items()}

            def is_used(names: Iterable[str]) -> bool:
                # The trial has a model and arrays of its own: some ports note in `sanitize` what they found, and some
                # change arrays in place.
                rest = {name: array for name, array in self._read_lazily().items() if name not in names}
                try:
                    result = fresh_model().sanitize(rest)
                    return {name: tuple(array.shape) for name, array in result.items()} != shapes
                except Exception:
                    return True

            self.dropped = find_dropped([name for name in before if name not in after], is_used)
            return after

        return watched

    def _read_lazily(self) -> Weights:
        weights: Weights = {}
        for file in weight_files(self._folder):
            tensors = mx.load(str(file))
            assert isinstance(tensors, dict)
            weights.update(tensors)
        return weights

    def _load(self, model: nn.Module, weights: list[tuple[str, mx.array]]) -> nn.Module:
        wanted = dict(tree_flatten(model.parameters()))
        fitting = [(name, value) for name, value in weights if name in wanted and value.shape == wanted[name].shape]
        given = {name for name, _ in fitting}
        self.missing = sorted(set(wanted) - given)
        self.unexpected = sorted(name for name, _ in weights if name not in given)
        load_weights = type(model).load_weights
        try:
            return load_weights(model, weights, strict=True)
        except ValueError as error:
            self.strict_error = " ".join(str(error).split())
        # Only what fits: without `strict`, mlx assigns arrays of any shape.
        return load_weights(model, fitting, strict=False)


def as_float32(array: mx.array) -> mx.array:
    """Arrays of the two short floating dtypes in float32; others, bytes of fp8 or packed numbers too, as they are."""
    return array.astype(mx.float32) if array.dtype in (mx.bfloat16, mx.float16) else array


def find_dropped(vanished: list[str], is_used: Callable[[Iterable[str]], bool]) -> list[str]:
    """Which of the names that `sanitize` did not give back it threw away, in order.

    `is_used(names)` tells whether the result changes without these tensors: then they were renamed, stacked, split or
    merged. Names are tried by pattern (digits replaced) and, where a pattern is used, by layer: a port may stack the
    experts of its layers and drop those of a layer it does not have.
    """
    dropped: set[str] = set()
    used: list[str] = []
    for names in _grouped(vanished, lambda name: re.sub(r"\d+", "N", name)):
        if is_used(names):
            used += names
        else:
            dropped.update(names)
    layers = _grouped(used, _first_number)
    if len(layers) > 1:
        for names in layers:
            if not is_used(names):
                dropped.update(names)
    return [name for name in vanished if name in dropped]


def _grouped(names: list[str], key: Callable[[str], str]) -> list[list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return list(groups.values())


def _first_number(name: str) -> str:
    found = re.search(r"\d+", name)
    return found.group() if found else ""
