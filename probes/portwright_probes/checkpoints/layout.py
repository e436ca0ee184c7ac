"""The names and shapes of the Hub's files, where the reference's saving code gives others."""

from __future__ import annotations

import re

import torch

from .type_rules import TypeRules

Tensors = dict[str, torch.Tensor]


def as_on_the_hub(tensors: Tensors, rules: TypeRules) -> Tensors:
    """The tensors with the type's `resplit` and `renamed` applied."""
    for parts, rows in rules.resplit:
        tensors = _resplit(tensors, parts, rows)
    return {_renamed(name, rules.renamed): tensor for name, tensor in tensors.items()}


def _resplit(tensors: Tensors, parts: tuple[str, ...], rows: tuple[int, ...]) -> Tensors:
    changed = dict(tensors)
    for name in tensors:
        if parts[0] not in name:
            continue
        names = [name.replace(parts[0], part) for part in parts]
        whole = torch.cat([tensors[each] for each in names])
        changed |= {each: piece.contiguous() for each, piece in zip(names, whole.split(list(rows)), strict=True)}
    return changed


def _renamed(name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for pattern, replacement in pairs:
        name = re.sub(pattern, replacement, name)
    return name
