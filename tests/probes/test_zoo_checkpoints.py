"""Synthetic checkpoints of single families: both sides load them, and no parameter is dead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from forwards import as_float32, load_port, load_reference, port_logits, random_ids, reference_logits, relative_l2
from portwright_probes.checkpoints.synthetic import synthesize

IDS = random_ids(64)
AGREEMENT = 1e-5
FELT = 1e-5

# One of each kind of trouble: a latent attention with groups of experts, names that the saving code does not give back,
# rows that it divides wrongly, a model inside another, recurrent layers, two nests of settings, sinks and softcaps.
SAMPLE = ["deepseek_v3", "gpt2", "olmo_hybrid", "gemma3", "lfm2_moe", "laguna", "dbrx", "cohere2"]


def make(folder: Path, model_type: str, variant: str | None = None) -> Path:
    out = folder / f"{model_type}-{variant}"
    synthesize(model_type, variant, 0, out)
    return out


@pytest.mark.parametrize("model_type", SAMPLE)
def test_both_sides_load_it_and_agree(tmp_path: Path, model_type: str) -> None:
    folder = make(tmp_path, model_type)
    reference = reference_logits(load_reference(folder), IDS)
    assert relative_l2(as_float32(port_logits(load_port(folder), IDS)), reference) < AGREEMENT
    assert reference.std(axis=1).min() > 0.5


@pytest.mark.parametrize("model_type", ["deepseek_v3", "olmo_hybrid", "lfm2_moe", "laguna", "falcon_h1"])
def test_every_parameter_of_the_text_is_felt(tmp_path: Path, model_type: str) -> None:
    model = load_reference(make(tmp_path, model_type))
    base = reference_logits(model, IDS)
    unfelt = []
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            kept = parameter.clone()
            change = 0.0
            # Larger, shifted, and in another order: a choice of experts feels the last alone.
            for changed in (kept * 1.05, kept + 0.05, kept.flip(0)):
                parameter.copy_(changed)
                change = max(change, relative_l2(reference_logits(model, IDS), base))
            parameter.copy_(kept)
            if change <= FELT:
                unfelt.append((name, change))
    assert unfelt == []


def test_one_constant_goes_back_to_its_default(tmp_path: Path) -> None:
    def config(variant: str | None) -> dict[str, object]:
        loaded: dict[str, object] = json.loads((make(tmp_path, "gemma2", variant) / "config.json").read_text())
        return loaded

    base, back = config(None), config("default.sliding_window")
    assert base["sliding_window"] == 8 and back["sliding_window"] == 4096
    assert {name for name in base if base[name] != back[name]} == {"sliding_window"}
    record = json.loads((tmp_path / "gemma2-None" / "portwright.json").read_text())
    assert record["recipe"]["moved"]["sliding_window"] == 4096
