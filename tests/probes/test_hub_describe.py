"""`describe`: facts, files and small texts of one repository; its weights are never asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_client import worker
from local_hub import Fault, LocalHub, Repository, Stored
from local_hub.families import all_families


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub(all_families(), page_size=5) as serving:  # lists come in pages
        yield serving


def describe(
    tmp_path: Path, hub: LocalHub, environment: dict[str, str] | None = None, **arguments: Any
) -> dict[str, Any]:
    with worker(tmp_path, hub, **(environment or {})) as client:
        return client.ask("describe", **arguments)


def test_tells_everything_without_the_weights(tmp_path: Path, hub: LocalHub) -> None:
    found = describe(tmp_path, hub, repo="Qwen/Qwen3-8B")
    repository = hub["Qwen/Qwen3-8B"]
    assert found["commit"] == repository.commit and found["source"] == "hub"
    assert found["parameters"] == {"BF16": 8_190_735_360}  # as the published model has
    assert (found["license"], found["gated"], found["model_type"]) == ("apache-2.0", False, "qwen3")
    assert found["base"] == {"relation": "finetune", "models": ["Qwen/Qwen3-8B-Base"]}
    assert json.loads(found["texts"]["config.json"])["num_hidden_layers"] == 36
    assert set(found["texts"]) == {"config.json", "generation_config.json", "tokenizer_config.json"}
    files = {file["name"]: file for file in found["files"]}
    assert set(files) == set(repository.files)
    weights = [file for name, file in files.items() if name.endswith(".safetensors")]
    assert len(weights) == 4 and all(len(file["sha256"]) == 64 for file in weights)
    assert sum(file["bytes"] for file in weights) > 2 * 8_190_735_360
    assert not hub.asked(r"\.safetensors")


def test_the_texts_that_are_asked_for(tmp_path: Path, hub: LocalHub) -> None:
    found = describe(tmp_path, hub, repo="Qwen/Qwen3-8B", texts=["model.safetensors.index.json", "absent.json"])
    assert set(found["texts"]) == {"model.safetensors.index.json"} and found["unread"] == {}


def test_a_gated_repository_shows_its_page_and_says_how_it_is_opened(tmp_path: Path, hub: LocalHub) -> None:
    name = "meta-llama/Llama-3.2-1B"
    found = describe(tmp_path, hub, repo=name)
    assert found["gated"] == "manual" and found["texts"] == {} and found["parameters"]
    assert f"accept its terms at {hub.url}/{name}" in found["unread"]["config.json"]
    assert "HF_TOKEN" in found["unread"]["config.json"]
    hub.opens("hf_good", name)
    found = describe(tmp_path, hub, {"HF_TOKEN": "hf_good"}, repo=name)
    assert found["unread"] == {} and json.loads(found["texts"]["config.json"])["model_type"] == "llama"


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "a\\b.json", "a/../b.json", "nul\0.json", "C:x.json"])
def test_hostile_names_are_refused_by_name(tmp_path: Path, name: str) -> None:
    files: dict[str, Stored] = {"config.json": b"{}", name: b"evil"}
    with LocalHub([Repository("org/model", files)]) as hub:
        found = describe(tmp_path, hub, repo="org/model", texts=["config.json", name])
    assert list(found["refused"]) == [name] and found["texts"] == {"config.json": "{}"}
    assert [file["name"] for file in found["files"]] == ["config.json"]


def test_offline_it_tells_what_the_cache_holds(tmp_path: Path, hub: LocalHub) -> None:
    name = "Qwen/Qwen3-8B"
    online = describe(tmp_path, hub, repo=name)
    hub.requests.clear()
    found = describe(tmp_path, hub, {"HF_HUB_OFFLINE": "1"}, repo=name)
    assert found["source"] == "cache" and found["commit"] == online["commit"]
    assert found["texts"] == online["texts"] and found["license"] is None
    with worker(tmp_path, hub) as client:
        error = client.fail("describe", repo="Qwen/Qwen3-4B", offline=True)
    assert error["kind"] == "checkpoint" and "not in the cache" in error["sentence"]
    assert hub.requests == []


def test_a_moment_of_trouble_is_waited_out(tmp_path: Path, hub: LocalHub) -> None:
    hub.faults.append(Fault("^GET /api/models/", times=1, status=429, headers={"Retry-After": "1"}))
    hub.faults.append(Fault("/tree/", times=1, status=503))
    assert describe(tmp_path, hub, repo="Qwen/Qwen3-8B")["commit"]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "words"),
    [
        (429, {"Retry-After": "900"}, "environment", "try again in 900 seconds"),
        (401, {"X-Error-Message": "Invalid credentials in Authorization header"}, "checkpoint", "refuses the token"),
        (403, {}, "checkpoint", "may not read org/model"),
        (404, {"X-Error-Code": "RepoNotFound"}, "checkpoint", "no repository org/model"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(
    tmp_path: Path, hub: LocalHub, status: int, headers: dict[str, str], kind: str, words: str
) -> None:
    hub.faults.append(Fault("^GET /api/models/", status=status, headers=headers))
    with worker(tmp_path, hub) as client:
        error = client.fail("describe", repo="org/model")
    assert error["kind"] == kind and words in error["sentence"], error
