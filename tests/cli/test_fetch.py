"""`fetch` says sizes and room first, then brings what a port needs; its JSON keeps to the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from at_hub import AtHub
from jsonschema import Draft202012Validator
from local_hub import COMMIT, Large, LocalHub, Repository
from local_hub.small import small_files, small_repository
from local_hub.stored import slice_of
from running import REPOSITORY

NEEDED = {"config.json", "generation_config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"}


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub([small_repository(), small_repository("org/second", 300_000)]) as serving:
        yield serving


def document(text: str) -> dict[str, Any]:
    """The JSON of a fetch, which must keep to its schema."""
    found: dict[str, Any] = json.loads(text)
    schema = json.loads((REPOSITORY / "schemas/fetch.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    return found


def test_sizes_first_then_the_files_and_the_folder_last(at_hub: AtHub, hub: LocalHub) -> None:
    finished = at_hub(hub, "fetch", "org/model")
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert lines[0] == f"org/model · {COMMIT[:12]} · mit"
    assert any(line.split()[:3] == ["model.safetensors", "800", "kB"] for line in lines)
    assert any(line.startswith("to load: 800 kB; free: ") for line in lines)
    assert "left out: 3 files" in finished.stdout
    assert "hashes of 5 files right" in lines[-2]
    folder = Path(lines[-1].strip())
    assert {file.name for file in folder.iterdir()} == NEEDED and folder.is_relative_to(at_hub.home)
    stored = hub["org/model"].files
    assert all((folder / name).read_bytes() == stored[name] for name in NEEDED)
    again = at_hub(hub, "fetch", "org/model")
    assert again.returncode == 0 and "all of its 5 files here" in again.stdout


def test_many_models_and_the_schema(at_hub: AtHub, hub: LocalHub) -> None:
    finished = at_hub(hub, "fetch", "org/model", f"org/second@{COMMIT}", "--json")
    assert finished.returncode == 0, finished.stderr
    found = document(finished.stdout)
    assert [model["repo"] for model in found["models"]] == ["org/model", "org/second"]
    assert found["models"][1]["revision"] == COMMIT
    assert all(Path(model["fetched"]["folder"]).is_dir() for model in found["models"])
    assert "to load: 1 MB" in finished.stderr


def test_a_dry_run_fetches_nothing(at_hub: AtHub, hub: LocalHub) -> None:
    finished = at_hub(hub, "fetch", "org/model", "--dry-run", "--json")
    assert finished.returncode == 0, finished.stderr
    (model,) = document(finished.stdout)["models"]
    assert model["fetched"] is None and model["to_load_bytes"] == model["bytes"] > 800_000
    assert hub.fetched() == [] and not (at_hub.home / "hub").exists()


def test_patterns_choose(at_hub: AtHub, hub: LocalHub) -> None:
    finished = at_hub(hub, "fetch", "org/model", "--include", "*.bin,onnx/*", "--exclude", "*.json", "--json")
    (model,) = document(finished.stdout)["models"]
    assert [file["name"] for file in model["files"]] == ["pytorch_model.bin"]
    nothing = at_hub(hub, "fetch", "org/model", "--include", "*.gguf")
    assert nothing.returncode == 2 and "no file that fits" in nothing.stderr


def test_what_does_not_fit_is_refused_before_it_begins(at_hub: AtHub, families: LocalHub) -> None:
    name = "Qwen/Qwen3-8B"
    for file, stored in families[name].files.items():
        if file.endswith(".safetensors"):
            families[name].files[file] = Large(slice_of(stored, 0, 100), 10**16, file)
    finished = at_hub(families, "fetch", name)
    assert finished.returncode == 3
    assert "do not fit" in finished.stderr and "HF_HOME" in finished.stderr
    assert families.fetched() == []


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_repository_without_a_checkpoint(at_hub: AtHub, missing: str) -> None:
    files = {name: stored for name, stored in small_files().items() if name != missing}
    with LocalHub([Repository("org/model", files)]) as hub:
        finished = at_hub(hub, "fetch", "org/model")
    assert finished.returncode == 2 and "no checkpoint" in finished.stderr and "--include" in finished.stderr


def test_a_folder_is_nothing_to_fetch(at_hub: AtHub, hub: LocalHub) -> None:
    finished = at_hub(hub, "fetch", ".")
    assert finished.returncode == 2 and "no repository of the Hub" in finished.stderr
