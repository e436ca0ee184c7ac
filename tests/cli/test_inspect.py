"""`inspect` tells what a checkpoint is; what it prints with --json is what its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiny_llama
from jsonschema import Draft202012Validator
from running import REPOSITORY, Run

SCHEMA = json.loads((REPOSITORY / "schemas" / "inspect.schema.json").read_text("utf-8"))


def told(portwright: Run, *words: str | Path, **more: Any) -> dict[str, Any]:
    """The document, which follows its schema."""
    finished = portwright("inspect", *words, "--json", **more)
    assert finished.returncode == 0, finished.stderr
    document: dict[str, Any] = json.loads(finished.stdout)
    errors = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(document)]
    assert errors == []
    return document


def lines(text: str) -> dict[str, str]:
    """The labels of the screen with their words, on one line each."""
    found: dict[str, str] = {}
    label = ""
    for line in text.splitlines()[1:]:
        label = line[2:16].strip() or label
        found[label] = f"{found.get(label, '')} {line[16:].strip()}".strip()
    return found


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert not Draft202012Validator(SCHEMA).is_valid({"schema": "portwright.inspect/1"})


def test_a_folder_on_one_screen(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    tiny_llama.write(tmp_path / "model")
    finished = portwright("inspect", "model", "--python", measured_python)
    assert finished.returncode == 0 and finished.stderr == ""
    assert finished.stdout.splitlines()[0] == "model · llama · LlamaForCausalLM"
    assert len(finished.stdout.splitlines()) <= 24
    assert all(len(line) <= 100 for line in finished.stdout.splitlines())
    found = lines(finished.stdout)
    assert found["reference"] == "LlamaForCausalLM in modeling_llama.py"
    assert found["dtype"].startswith("bfloat16 (config.torch_dtype); stored: BF16 20 tensors")
    assert found["tied"] == "yes: tied by config.tie_word_embeddings; no tensor of a head"
    assert found["quantization"] == "none"
    assert found["layers"] == "2 full_attention"
    assert found["rope"] == "no scaling, theta 1000 (config.rope_theta)"
    assert found["context"] == "1024 tokens (config.max_position_embeddings)"
    assert found["ignored"] == "none"
    assert found["special"] == "tied"


def test_parameters_and_memory_add_up(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    tiny_llama.write(tmp_path / "model")
    document = told(portwright, "model", "--python", measured_python)
    sizes = dict.fromkeys(tiny_llama.shapes(), 1)
    for name, shape in tiny_llama.shapes().items():
        for extent in shape:
            sizes[name] *= extent
    parameters = document["parameters"]
    assert parameters["all"] == sum(sizes.values()) == sum(parameters["by_kind"].values())
    assert parameters["by_kind"]["embedding"] == 64 * 32
    assert parameters["by_kind"]["attention"] == sum(size for name, size in sizes.items() if "self_attn" in name)
    assert parameters["by_kind"]["norm"] == 5 * 32
    assert document["memory"]["weights"]["bf16_bytes"] == 2 * sum(sizes.values())
    # No matrix of it has inputs that are a multiple of 64.
    assert document["memory"]["weights"]["4bit_bytes"] == 2 * sum(sizes.values())
    assert document["memory"]["cache"] == [
        {"kind": "full_attention", "layers": 2, "bytes_per_1000_tokens": 2 * 2 * 2 * 8 * 2 * 1000, "window": None}
    ]


def test_what_config_leaves_out_comes_from_the_reference(
    portwright: Run, tmp_path: Path, measured_python: Path
) -> None:
    folder = tiny_llama.write(tmp_path / "model")
    config = {
        key: value for key, value in tiny_llama.CONFIG.items() if key not in ("rope_theta", "tie_word_embeddings")
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    document = told(portwright, "model", "--python", measured_python)
    assert document["tying"]["by_config"] is False and document["tying"]["config_source"] == "class default"
    assert document["rope"][0]["theta"] == 10000 and document["rope"][0]["theta_source"] == "class default"
    assert "config does not tie the head, and the checkpoint holds none" in document["notes"]


def test_without_transformers_the_rest_is_told(portwright: Run, tmp_path: Path) -> None:
    tiny_llama.write(tmp_path / "model")
    empty = tmp_path / "env"
    (empty / "bin").mkdir(parents=True)
    (empty / "bin" / "python").write_text('#!/bin/sh\necho \'{"version": "3.12.1", "path": []}\'\n', "utf-8")
    (empty / "bin" / "python").chmod(0o755)
    document = told(portwright, "model", "--python", empty)
    assert document["reference"] is None and document["dtype"]["name"] == "bfloat16"
    assert any("no transformers was found" in note for note in document["notes"])


@pytest.mark.parametrize("missing", ["model-00002-of-00002.safetensors", "both"])
def test_missing_shards_are_named(portwright: Run, tmp_path: Path, measured_python: Path, missing: str) -> None:
    folder = tiny_llama.write(tmp_path / "model")
    names = list(tiny_llama.shapes())
    placed = {name: f"model-0000{1 + index % 2}-of-00002.safetensors" for index, name in enumerate(names)}
    header, data = tiny_llama.layout()
    for shard in set(placed.values()):
        own, own_data = {}, b""
        for name, entry in header.items():
            if placed[name] != shard:
                continue
            begin, end = entry["data_offsets"]  # type: ignore[misc]
            own[name] = {**entry, "data_offsets": [len(own_data), len(own_data) + end - begin]}
            own_data += data[begin:end]
        (folder / shard).write_bytes(tiny_llama.safetensors(dict(own), own_data))
    (folder / "model.safetensors").unlink()
    index = {"metadata": {"total_size": len(data)}, "weight_map": placed}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    whole = told(portwright, "model", "--python", measured_python)
    assert whole["disk"]["missing_shards"] == [] and whole["parameters"]["all"] == len(data) // 2

    for shard in set(placed.values()) if missing == "both" else {missing}:
        (folder / shard).unlink()
    document = told(portwright, "model", "--python", measured_python)
    assert missing in document["disk"]["missing_shards"] or len(document["disk"]["missing_shards"]) == 2
    assert document["disk"]["index_bytes"] == len(data)
    assert document["tying"]["head"] == "not told"
    assert any("shards are missing" in note for note in document["notes"])
    assert (document["parameters"] is None) == (missing == "both")


def test_a_config_alone(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps(tiny_llama.CONFIG), "utf-8")
    (tmp_path / "model" / "pytorch_model.bin").write_bytes(b"x")
    finished = portwright("inspect", "model", "--python", measured_python)
    assert finished.returncode == 0
    found = lines(finished.stdout)
    assert found["parameters"] == "not told: no weights here" and found["memory"] == "not told: no weights here"
    assert found["cache"].startswith("128 kB per 1,000 tokens")
    assert ".bin files, which are not read" in found["note"]


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            "synthetic:qwen3_moe",
            {"experts": "of", "special": "experts", "rope": "theta", "reference": "Qwen3MoeForCausalLM"},
        ),
        (
            "synthetic:gemma3_text",
            {"layers": "sliding_attention", "special": "2 kinds of layers", "rope": "sliding_attention:"},
        ),
        ("synthetic:deepseek_v3", {"sizes": "latent", "experts": "shared", "cache": "full_attention"}),
        ("synthetic:qwen3_next", {"layers": "linear_attention", "cache": "does not grow"}),
        ("synthetic:nemotron_h", {"layers": "mamba", "parameters": "recurrent"}),
    ],
)
def test_synthetic_checkpoints(
    portwright: Run, measured_python: Path, shared_cache: Path, model: str, says: dict[str, str]
) -> None:
    finished = portwright("inspect", model, "--python", measured_python, env={"PORTWRIGHT_CACHE": str(shared_cache)})
    assert finished.returncode == 0, finished.stderr
    found = lines(finished.stdout)
    for label, words in says.items():
        assert words in found[label], finished.stdout
    told(portwright, model, "--python", measured_python, env={"PORTWRIGHT_CACHE": str(shared_cache)})


def test_towers_are_told_from_the_text_part(portwright: Run, measured_python: Path, shared_cache: Path) -> None:
    env = {"PORTWRIGHT_CACHE": str(shared_cache)}
    document = told(portwright, "synthetic:gemma3", "--python", measured_python, env=env)
    assert document["text_part"] == {"place": "config.text_config", "model_type": "gemma3_text"}
    assert document["parameters"]["by_kind"]["towers"] > 0
    assert document["parameters"]["text"] == document["parameters"]["all"] - document["parameters"]["by_kind"]["towers"]
    assert [group["reason"] for group in document["ignored"]["groups"]] == ["vision, audio and projectors"]


def test_a_misspelt_model_says_what_there_is(portwright: Run, measured_python: Path) -> None:
    finished = portwright("inspect", "synthetic:lama", "--python", measured_python)
    assert finished.returncode in (2, 3) and "there are" in finished.stderr
    finished = portwright("inspect", "no-such-folder", "--json")
    assert finished.returncode == 2 and json.loads(finished.stdout)["error"]["fault"] == "input"
