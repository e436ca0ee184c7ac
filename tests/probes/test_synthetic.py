"""Synthetic checkpoints: read alike by both sides, every parameter felt, the same bytes from the same seed."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest
import torch
from forwards import as_float32, load_port, load_reference, port_logits, random_ids, reference_logits, relative_l2
from portwright_probes.checkpoints.synthetic import synthesize, variants
from portwright_probes.errors import ProbeError
from safetensors.torch import load_file

IDS = random_ids(96)
AGREEMENT = 5e-6  # float32 against float32, correct ports; an error of the smallest kind moves logits by 1e-4
FELT = 1e-4

# Types whose installed port is right at every setting that a variant moves, but for those named in WRONG.
TYPES = ("gemma3_text", "llama", "olmo2", "phi3", "qwen3", "qwen3_moe")
WRONG = {("qwen3", "windowed")}


def differs_from_base(model_type: str, variant: str) -> bool:
    """A type's base is one of `tied` and `untied`."""
    if (model_type, variant) in WRONG:
        return False
    return (model_type, variant) != ("gemma3_text", "tied") and (model_type == "gemma3_text" or variant != "untied")


EVERY = [
    (model_type, variant)
    for model_type in TYPES
    for variant in (None, *(name for name in variants(model_type) if differs_from_base(model_type, name)))
]
NAMES = [model_type + (f"#{variant}" if variant else "") for model_type, variant in EVERY]


def make(tmp_path: Path, model_type: str, variant: str | None = None, seed: int = 0) -> Path:
    out = tmp_path / f"{model_type}-{variant}-{seed}"
    synthesize(model_type, variant, seed, out)
    return out


@pytest.mark.parametrize("model_type, variant", EVERY, ids=NAMES)
def test_the_installed_port_agrees_with_the_reference(tmp_path: Path, model_type: str, variant: str | None) -> None:
    folder = make(tmp_path, model_type, variant)
    reference = reference_logits(load_reference(folder), IDS)
    port = as_float32(port_logits(load_port(folder), IDS))
    assert relative_l2(port, reference) < AGREEMENT


@pytest.mark.parametrize("model_type, variant", EVERY, ids=NAMES)
def test_bfloat16_logits_have_spread(tmp_path: Path, model_type: str, variant: str | None) -> None:
    logits = reference_logits(load_reference(make(tmp_path, model_type, variant), "bfloat16"), IDS)
    spread = logits.std(axis=1)
    assert spread.min() > 1 and spread.max() < 4
    assert len(set(logits.argmax(axis=1))) > len(IDS) / 8


@pytest.mark.parametrize("model_type, variant", EVERY, ids=NAMES)
def test_every_parameter_is_felt(tmp_path: Path, model_type: str, variant: str | None) -> None:
    """Larger by a twentieth, or shifted.

    A norm behind a matrix undoes the first, a softmax behind a router the second.
    """
    model = load_reference(make(tmp_path, model_type, variant))
    ids = IDS[:48]
    base = reference_logits(model, ids)
    unfelt = []
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            kept = parameter.clone()
            parameter.mul_(1.05)
            change = relative_l2(reference_logits(model, ids), base)
            if change <= FELT:
                parameter.copy_(kept).add_(0.05)
                change = relative_l2(reference_logits(model, ids), base)
            if change <= FELT:
                unfelt.append((name, change))
            parameter.copy_(kept)
    assert unfelt == []


@pytest.mark.parametrize("model_type", TYPES)
def test_no_parameter_sits_at_a_usual_value(tmp_path: Path, model_type: str) -> None:
    for name, tensor in load_file(make(tmp_path, model_type) / "model.safetensors").items():
        assert tensor.dtype == torch.bfloat16, name
        centred = (tensor.float() - tensor.float().mean()).std()
        assert centred > 0.05, name
        if tensor.dim() == 1:
            assert ((tensor == 0) | (tensor == 1)).float().mean() < 0.1, name


@pytest.mark.parametrize("model_type", TYPES)
def test_the_reference_loads_the_very_weights(tmp_path: Path, model_type: str) -> None:
    """transformers could zero a row, or give a tensor that it missed random values."""
    folder = make(tmp_path, model_type)
    stored = load_file(folder / "model.safetensors")
    loaded = load_reference(folder, "bfloat16").state_dict()
    for name in stored.keys() & loaded.keys():
        assert torch.equal(stored[name], loaded[name]), name
    fused = loaded.keys() - stored.keys() - {"lm_head.weight"}
    assert all(".experts." in name for name in fused)


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    def digest(folder: Path) -> dict[str, str]:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    first = digest(make(tmp_path / "a", "qwen3_moe"))
    torch.rand(7)  # the process's own random numbers play no part
    assert digest(make(tmp_path / "b", "qwen3_moe")) == first
    other = digest(make(tmp_path / "c", "qwen3_moe", seed=1))
    assert other["model.safetensors"] != first["model.safetensors"]
    assert other["config.json"] == first["config.json"]


def test_the_random_state_of_the_process_is_left_alone(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    make(tmp_path, "llama")
    assert torch.equal(torch.get_rng_state(), before)


def test_the_base_is_one_of_tied_and_untied(tmp_path: Path) -> None:
    for model_type, variant in (("gemma3_text", "tied"), ("llama", "untied")):
        base, same = make(tmp_path, model_type), make(tmp_path, model_type, variant)
        for name in ("config.json", "model.safetensors"):
            assert (base / name).read_bytes() == (same / name).read_bytes()


def test_a_variant_shares_the_weights_of_its_base(tmp_path: Path) -> None:
    base = load_file(make(tmp_path, "llama") / "model.safetensors")
    tied = load_file(make(tmp_path, "llama", "tied") / "model.safetensors")
    assert base.keys() - tied.keys() == {"lm_head.weight"}
    assert all(torch.equal(base[name], tied[name]) for name in tied)


def test_the_config_is_in_the_hubs_style(tmp_path: Path) -> None:
    config = json.loads((make(tmp_path, "llama", "rope-scaled") / "config.json").read_text())
    assert config["rope_theta"] == 700.0 and config["rope_scaling"]["rope_type"] == "llama3"
    assert "rope_parameters" not in config
    assert config["torch_dtype"] == "bfloat16" and config["architectures"] == ["LlamaForCausalLM"]


def test_the_settings_reach_the_reference(tmp_path: Path) -> None:
    config = load_reference(make(tmp_path, "gemma3_text", "rope-scaled")).config
    assert config.rope_parameters["full_attention"] == {"rope_type": "linear", "factor": 4.0, "rope_theta": 700.0}
    assert config.rope_parameters["sliding_attention"] == {"rope_type": "default", "rope_theta": 300.0}
    assert config.layer_types == ["sliding_attention", "sliding_attention", "full_attention"] * 2


@pytest.mark.parametrize(
    "model_type, variant, sentence",
    [
        ("lama", None, "no synthetic checkpoint for model type 'lama'; there are afmoe, "),
        ("llama", "bias", "no variant '#bias'; there are #biased, #rope-scaled, #tied, #untied"),
        ("qwen3_moe", "biased", "no variant '#biased'; there are #tied, #untied"),
    ],
)
def test_what_there_is_not_is_said(tmp_path: Path, model_type: str, variant: str | None, sentence: str) -> None:
    with pytest.raises(ProbeError) as refused:
        synthesize(model_type, variant, 0, tmp_path / "x")
    assert sentence in refused.value.sentence and refused.value.kind == "bad_request"
    assert not (tmp_path / "x").exists()


def test_it_is_quick(tmp_path: Path) -> None:
    make(tmp_path, "llama")  # what is imported late
    started = time.process_time()
    make(tmp_path, "gemma3_text")
    assert time.process_time() - started < 2
