"""Which stored tensors transformers put a convolution's weight together from.

A checkpoint may hold three convolutions side by side (of queries, keys and values) that the model computes as one, and
nothing of a loaded model says which channels were whose: the stored numbers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

_WEIGHT = ".weight"


@dataclass(frozen=True)
class Part:
    """One stored convolution of a merged one. path: its tensor's name without `.weight`; channels: which it is."""

    path: str
    channels: slice


# By the path of the module that holds the merged weight, in the order of their channels.
Merged = dict[str, tuple[Part, ...]]


def merged_convolutions(model: nn.Module, folder: Path, names: Sequence[str]) -> Merged:
    """The convolutions of `model` whose weight is several tensors of the folder. names: all that it holds."""
    found: Merged = {}
    for path, module in model.named_modules():
        if not isinstance(module, nn.Conv1d) or path + _WEIGHT in names:
            continue
        parent = path.rpartition(".")[0] + "."
        beside = [name for name in names if _is_of_a_child(name, parent)]
        stored = _read(folder, beside, list(module.weight.shape[1:]))
        parts = [part for name, tensor in stored if (part := _part(name, tensor, module.weight))]
        parts.sort(key=lambda part: part.channels.start)
        ends = [0, *(part.channels.stop for part in parts)]
        if len(parts) > 1 and ends == [*(part.channels.start for part in parts), len(module.weight)]:
            found[path] = tuple(parts)
    return found


def _is_of_a_child(name: str, parent: str) -> bool:
    return name.startswith(parent) and name.endswith(_WEIGHT) and "." not in name[len(parent) : -len(_WEIGHT)]


def _read(folder: Path, names: Sequence[str], channel: list[int]) -> list[tuple[str, torch.Tensor]]:
    """Those of the tensors whose channels are of this shape: beside them lie large matrices."""
    found = []
    for file in sorted(folder.glob("model*.safetensors")) if names else ():
        opened: Any = safe_open(file, framework="pt")
        with opened as stored:
            for name in sorted(set(names) & set(stored.keys())):
                if stored.get_slice(name).get_shape()[1:] == channel:
                    found.append((name, stored.get_tensor(name)))
    return found


def _part(name: str, stored: torch.Tensor, weight: torch.Tensor) -> Part | None:
    """Where in `weight`, [channels, 1, taps], the stored numbers are; None where they are not."""
    stored = stored.to(weight.dtype)
    for first in (weight == stored[:1]).flatten(1).all(dim=1).nonzero().flatten().tolist():
        channels = slice(first, first + len(stored))
        if torch.equal(weight[channels], stored):
            return Part(name.removesuffix(_WEIGHT), channels)
    return None
