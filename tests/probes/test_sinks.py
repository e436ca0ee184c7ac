"""The sinks of attention: shown by both sides, for the heads that have them."""

from __future__ import annotations

import pytest
from forwards import random_ids, relative_l2
from synthetic_sides import both_sides, synthetic_folders

pytest.importorskip("mlx.core")

TYPE = "mimo_v2_flash"  # sinks in the layers that see a window alone
AGREEMENT = 1e-6


def test_both_sides_show_the_same_sinks(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = synthetic_folders([TYPE], tmp_path_factory)[TYPE]
    shown = {}
    with both_sides(tmp_path_factory) as clients:
        for side, client in clients.items():
            model = client.ask("load", folder=str(folder), dtype="float32")["model"]
            client.ask("forward", model=model, ids=[random_ids(20)], capture=["*.@attention*"], logits="none")
            shown[side] = {name: array for name, array in client.tensors.items() if "@attention_sinks" in name}
    attentions = {name.split("@")[0] for name in client.tensors}
    assert shown["port"] and shown["port"].keys() == shown["reference"].keys()
    assert len(shown["port"]) < len(attentions), "the others have none"
    for name, sinks in shown["reference"].items():
        assert sinks.ndim == 2 and sinks.shape[1] == 1
        assert relative_l2(shown["port"][name], sinks) < AGREEMENT
