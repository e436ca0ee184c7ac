"""Row statistics of attention's weights: shown by both sides, on request alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from forwards import random_ids, relative_l2
from synthetic_sides import Sides, synthetic_folders

pytest.importorskip("mlx.core")

# Heads that share keys; and sinks in layers that see a window alone.
TYPES = ("llama", "mimo_v2_flash")
AGREEMENT = 1e-5


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return synthetic_folders(TYPES, tmp_path_factory)


def points(sides: Sides, folder: Path, capture: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """What each side shows in one float32 forward."""
    shown = {}
    for side, client in sides.items():
        model = client.ask("load", folder=str(folder), dtype="float32")["model"]
        client.ask("forward", model=model, ids=[random_ids(20)], capture=capture, logits="none")
        shown[side] = client.tensors
        client.ask("unload", model=model)
    return shown


def statistics(shown: dict[str, np.ndarray], attention: str) -> np.ndarray:
    """The same in float64 of what else is shown of an attention: [rows, heads, queries, 3]."""
    query, key, mask = (shown[f"{attention}{name}#0:in"].astype(np.float64) for name in ("", "_key", "_mask"))
    key = key.repeat(query.shape[1] // key.shape[1], axis=1)
    scores = np.exp(query @ key.swapaxes(2, 3)) * mask
    sinks = shown.get(f"{attention}_sinks#0:in", np.full((query.shape[1], 1), -np.inf)).astype(np.float64)
    weights = scores / (scores.sum(-1, keepdims=True) + np.exp(sinks)[None, :, :, None])
    entropy = -(weights * np.log(np.where(weights > 0, weights, 1))).sum(-1)
    return np.stack([weights.max(-1), entropy, weights.sum(-1)], -1)


@pytest.mark.parametrize("model_type", TYPES)
def test_both_sides_show_what_follows_from_the_operands(
    sides: Sides, folders: dict[str, Path], model_type: str
) -> None:
    shown = points(sides, folders[model_type], ["*.@attention*", "*.@attention_weights"])
    names = [name for name in shown["reference"] if "@attention_weights" in name]
    assert len(names) == sum("@attention#" in name and name.endswith(":in") for name in shown["reference"])
    for name in names:
        for side, own in shown.items():
            expected = statistics(own, name.rpartition("_weights")[0])
            assert own[name].shape == expected.shape
            assert relative_l2(own[name], expected) < AGREEMENT, (side, name)
        if model_type == "llama":  # the other's port sees one key less
            assert relative_l2(shown["port"][name], shown["reference"][name]) < AGREEMENT, name


def test_a_glob_that_does_not_name_them_gets_none(sides: Sides, folders: dict[str, Path]) -> None:
    for capture in (["*"], ["*.@*"], ["*.@attention_weights", "!*.self_attn.@attention_w*"]):
        shown = points(sides, folders["llama"], capture)
        assert not any("@attention_weights" in name for side in shown.values() for name in side), capture
