"""`discover` tells a type's own variants from what others made of them, and says why; weights are never fetched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from at_hub import AtHub
from jsonschema import Draft202012Validator
from local_hub import LocalHub
from local_hub.families import all_families
from running import REPOSITORY

Document = dict[str, Any]


def discover(at_hub: AtHub, hub: LocalHub, *words: str, **env: str) -> Document:
    """The JSON of a discovery, which must keep to its schema; the weights stay where they are."""
    finished = at_hub(hub, "discover", *words, "--json", env=env)
    assert finished.returncode == 0, finished.stderr
    found: Document = json.loads(finished.stdout)
    schema = json.loads((REPOSITORY / "schemas/discover.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    assert not hub.asked(r"\.safetensors($|\?)")
    return found


def variants(found: Document) -> dict[str, Document]:
    return {variant["repo"]: variant for variant in found["variants"]}


def kinds(found: Document) -> dict[str, str]:
    return {one["repo"]: one["kind"] for one in found["set_aside"]}


def test_the_hub_of_the_tests_is_large_enough() -> None:
    repositories = all_families()
    assert len({repository.id for repository in repositories}) == len(repositories) >= 40
    assert len({repository.config()["model_type"] for repository in repositories if repository.config()}) == 6


def test_a_family_with_everything(at_hub: AtHub, families: LocalHub) -> None:
    found = discover(at_hub, families, "qwen3")
    roles = {name: variant["role"]["name"] for name, variant in variants(found).items()}
    assert roles == {
        "Qwen/Qwen3-0.6B-Base": "base", "Qwen/Qwen3-0.6B": "thinking",
        "Qwen/Qwen3-4B-Base": "base", "Qwen/Qwen3-4B": "thinking",
        "Qwen/Qwen3-8B-Base": "base", "Qwen/Qwen3-8B": "thinking",
        "Qwen/Qwen3-4B-Instruct-2507": "instruct", "Qwen/Qwen3-4B-Thinking-2507": "thinking",
    }  # fmt: skip
    assert kinds(found) == {
        "Qwen/Qwen3-8B-FP8": "quantization", "mlx-community/Qwen3-0.6B-4bit": "quantization",
        "someone/Qwen3-8B-GPTQ": "quantization", "someone/qwen3-8b-medical-lora": "adapter",
        "unsloth/Qwen3-0.6B": "mirror",
    }  # fmt: skip
    eight = variants(found)["Qwen/Qwen3-8B"]
    assert eight["parameters"]["total"] == 8_190_735_360 and eight["license"] == "apache-2.0"
    assert (eight["dtype"], eight["dtype_source"]) == ("bfloat16", "config.json")
    assert eight["base"] == {"relation": "finetune", "models": ["Qwen/Qwen3-8B-Base"]}


def test_configs_are_grouped_and_the_fewest_small_ones_suggested(at_hub: AtHub, families: LocalHub) -> None:
    found = discover(at_hub, families, "qwen3")
    assert [sorted(group["repos"]) for group in found["configs"]] == [
        ["Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B-Base"],
        ["Qwen/Qwen3-4B", "Qwen/Qwen3-4B-Base"],
        ["Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-4B-Thinking-2507"],
        ["Qwen/Qwen3-8B", "Qwen/Qwen3-8B-Base"],
    ]
    assert found["suggested"]["smallest"]
    assert [one["repo"] for one in found["suggested"]["variants"]] == ["Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B"]
    assert "tie_word_embeddings false" in found["suggested"]["variants"][1]["because"]


def test_gated_repositories_are_shown_and_compared_through_mirrors(at_hub: AtHub, families: LocalHub) -> None:
    found = discover(at_hub, families, "llama")
    one = variants(found)["meta-llama/Llama-3.2-1B-Instruct"]
    assert one["gated"] == "manual" and one["config_from"] == "unsloth/Llama-3.2-1B-Instruct"
    closed = variants(found)["meta-llama/Llama-3.1-8B"]
    assert closed["config"] is None and closed["dtype_source"] == "safetensors metadata"
    assert f"{families.url}/meta-llama/Llama-3.1-8B" in closed["config_unread"]
    assert kinds(found)["NousResearch/Meta-Llama-3-8B"] == "mirror"
    families.opens("hf_good", *(name for name in variants(found)))
    opened = discover(at_hub, families, "llama", HF_TOKEN="hf_good")
    assert all(variant["config"] for variant in opened["variants"])


@pytest.mark.parametrize("asked", ["allenai/OLMo-2-1124-7B", "olmo2"])
def test_stages_of_training_are_a_tree(at_hub: AtHub, families: LocalHub, asked: str) -> None:
    found = discover(at_hub, families, asked)
    (root,) = [node for node in found["bases"] if node["repo"] == "allenai/OLMo-2-1124-7B"]
    depth = []
    while root["children"]:
        (root,) = root["children"]
        depth.append(root["repo"].rpartition("-")[2])
    assert depth == ["SFT", "DPO", "Instruct"]
    untyped = variants(found)["allenai/OLMo-2-1124-7B"]
    assert untyped["dtype"] and untyped["dtype_source"] == "safetensors metadata"


def test_what_is_made_from_another_leads_to_it(at_hub: AtHub, families: LocalHub) -> None:
    found = discover(at_hub, families, "mlx-community/Qwen3-0.6B-4bit")
    assert "Qwen/Qwen3-0.6B" in variants(found) and found["model_type"] == "qwen3"
    assert "is made from Qwen/Qwen3-0.6B" in found["notes"][0]
    assert kinds(found)["mlx-community/Qwen3-0.6B-4bit"] == "quantization"


def test_parameters_that_the_hub_has_not_counted(at_hub: AtHub, families: LocalHub) -> None:
    third = variants(discover(at_hub, families, "mistral"))["mistralai/Mistral-7B-v0.3"]
    assert third["parameters"] is None and third["download_bytes"] > 14_000_000_000


def test_code_of_a_repository_is_never_run(at_hub: AtHub, families: LocalHub) -> None:
    found = discover(at_hub, families, "phi3")
    assert len(found["suggested"]["variants"]) == 2  # one scales its frequencies, one does not


def test_a_list_that_is_cut_still_has_the_publishers_own(at_hub: AtHub, families: LocalHub) -> None:
    found = discover(at_hub, families, "qwen3", "--limit", "9")
    assert found["more"] and "Qwen/Qwen3-8B-Base" in variants(found)
    assert any("--limit" in note for note in found["notes"])


def test_the_screen_has_the_suggestion_last(at_hub: AtHub, families: LocalHub) -> None:
    finished = at_hub(families, "discover", "qwen3")
    assert finished.returncode == 0 and finished.stderr == ""
    text = finished.stdout
    assert text.startswith("qwen3: 8 variants in 4 distinct configs, 5 set aside, 13 listed\n")
    assert text.index("set aside\n") < text.index("declared bases") < text.index("2 of 8 together have every value")
    assert "the same weights as Qwen/Qwen3-0.6B (by its files)" in text
    assert max(len(line) for line in text.splitlines()) < 140


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("lama", "no repository of the type 'lama'"),
        ("no such type", "neither a model type nor ORG/NAME"),
        ("org/nothing", "no repository org/nothing"),
        ("a/b/c", "not a model"),
        ("builtin:smollm2/x", "builtin"),
    ],
)
def test_names_that_lead_nowhere(at_hub: AtHub, families: LocalHub, asked: str, words: str) -> None:
    finished = at_hub(families, "discover", asked)
    assert finished.returncode == 2 and words in " ".join(finished.stderr.split())


def test_without_the_network_the_cache_is_shown(at_hub: AtHub, families: LocalHub) -> None:
    nothing = at_hub(families, "discover", "qwen3", env={"HF_HUB_OFFLINE": "1"})
    assert nothing.returncode == 2 and "switched off" in nothing.stderr
    discover(at_hub, families, "phi3")
    families.requests.clear()
    found = discover(at_hub, families, "phi3", HF_HUB_OFFLINE="1")
    assert found["source"] == "cache" and "microsoft/Phi-3-mini-4k-instruct" in variants(found)
    assert len(found["configs"]) >= 2 and "switched off" in found["notes"][0]
    assert families.requests == []
