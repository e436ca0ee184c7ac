"""`manifest` writes what its schema describes, of models and of runs; reads what the peers write; refuses the rest."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import tiny_llama
import yaml
from jsonschema import Draft202012Validator
from running import REPOSITORY, Run

SCHEMA = json.loads((REPOSITORY / "schemas" / "manifest.schema.json").read_text("utf-8"))
EXAMPLES = sorted(path.parent for path in (REPOSITORY / "tests/data/report").glob("*/run.json"))

# Version 1 of mlx-lm-tests, with every key that it has.
PEERS = """version: 1
pr: {number: 42, repo: somebody/mlx-lm, branch: add-llama}
model_type: llama
variants:
  - repo_id: org/Model-7B
    type: base
    memory_gb: 16
    expected_dtype: bfloat16
quantize: true
trust_remote_code: false
transformers_version: 4.56.2
extra_pip:
  - flash-linear-attention>=0.5.0
notes: >
  Look at the long text.
"""


def valid(document: Any) -> Any:
    """The document, which the schema must accept."""
    Draft202012Validator.check_schema(SCHEMA)
    errors = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(document)]
    assert errors == []
    return document


def test_of_a_model(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    tiny_llama.write(tmp_path / "tiny")
    made = portwright("manifest", "./tiny", "--out", "m.yaml", "--python", measured_python)
    assert made.returncode == 0, made.stderr
    assert made.stdout == "m.yaml: a manifest of llama with 1 variant\n"
    assert "mlx-lm-tests would miss: pr" in made.stderr
    manifest = valid(yaml.safe_load((tmp_path / "m.yaml").read_text("utf-8")))
    [variant] = manifest["variants"]
    assert variant["repo_id"] == str(tmp_path / "tiny")
    assert variant["expected_dtype"] in ("float32", "bfloat16")
    assert variant["portwright"]["memory_bytes"]["bf16"] >= variant["portwright"]["memory_bytes"]["8bit"] > 0
    assert manifest["portwright"]["environment"]["transformers"]
    assert portwright("manifest", "--check", "m.yaml").returncode == 0


def test_what_peers_read_is_complete_with_a_pull_request(portwright: Run, tmp_path: Path) -> None:
    tiny_llama.write(tmp_path / "tiny")
    words = ["manifest", "tiny", "--pr", "ml-explore/mlx-lm#42", "--branch", "add-llama"]
    made = portwright(*words)
    assert made.returncode == 0 and made.stderr == ""
    manifest = valid(yaml.safe_load(made.stdout))
    assert manifest["pr"] == {"number": 42, "repo": "ml-explore/mlx-lm", "branch": "add-llama"}
    # All that mlx-lm-tests reads without asking whether it is there.
    assert all(variant[key] for variant in manifest["variants"] for key in ("repo_id", "type", "expected_dtype"))
    assert manifest["model_type"] == "llama"
    assert valid(json.loads(portwright(*words, "--json").stdout)) == manifest
    assert portwright("manifest", "tiny", "--pr", "mlx-lm", "--branch", "b").returncode == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_of_a_run(portwright: Run, tmp_path: Path, example: Path) -> None:
    run = json.loads((example / "run.json").read_text("utf-8"))
    made = portwright("manifest", example, "--out", "m.yaml")
    if not run["variants"]:
        assert made.returncode == 2 and "1 to 1000" in made.stderr
        return
    assert made.returncode == 0, made.stderr
    manifest = valid(yaml.safe_load((tmp_path / "m.yaml").read_text("utf-8")))
    assert [v["expected_dtype"] for v in manifest["variants"]] == [v["dtype"] for v in run["variants"]]
    assert {v["portwright"]["seed"] for v in manifest["variants"]} == {run["settings"]["seed"]}
    assert manifest["portwright"]["environment"]["torch"] == run["environment"]["torch"]
    again = portwright("manifest", "--check", "m.yaml", "--json")
    assert json.loads(again.stdout) == manifest


def test_the_peers_version_1_is_valid(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "peers.yaml").write_text(PEERS, "utf-8")
    valid(yaml.safe_load(PEERS))
    checked = portwright("manifest", "--check", "peers.yaml", "--json")
    assert checked.returncode == 0 and checked.stderr == ""
    assert valid(json.loads(checked.stdout))["notes"] == "Look at the long text.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nmodel_typ: llama\n", "m.yaml:2:1: 'model_typ' is no key of a manifest"),
        ("version: 1\nversion: 1\n", "m.yaml:2:1: 'version' was given already in line 1"),
        ("version: 1\nmodel_type: llama\nvariants:\n\t- repo_id: org/a\n", "m.yaml:4:1: a tab"),
        ("a: &a [x]\nb: *a\n", "m.yaml:1:4: a manifest has no anchors"),
        ("version: " + "[" * 100_000, "m.yaml:1:"),
        ("- " * 100_000, "deeper than 8 levels"),
        (PEERS.replace("org/Model-7B", "\"org/a'); import os; os.system('id\""), "m.yaml:5:14: 'variants.repo_id'"),
        (PEERS.replace("org/Model-7B", '"org/a\\nb"'), "m.yaml:5:14: 'variants.repo_id'"),
        (PEERS.replace("org/Model-7B", "../../etc"), "m.yaml:5:14: 'variants.repo_id'"),
        (PEERS.replace("number: 42", "number: 99999999999999999999"), "m.yaml:2:14: 'pr.number'"),
        (PEERS.replace("memory_gb: 16", "memory_gb: [16]"), "m.yaml:7:16: 'variants.memory_gb'"),
        (PEERS.replace("quantize: true", "quantize: 1"), "m.yaml:9:11: 'quantize' is true or false"),
    ],
    ids=range(12),
)
def test_what_is_no_manifest_is_one_sentence(portwright: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "m.yaml").write_text(text, "utf-8")
    begun = time.monotonic()
    refused = portwright("manifest", "--check", "m.yaml", "--json")
    assert refused.returncode == 2 and time.monotonic() - begun < 20
    error = json.loads(refused.stdout)["error"]
    assert said in error["sentence"] and error["fault"] == "input"
    assert "\n" not in error["sentence"]


def test_invalid_text_and_a_large_file(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"version: 1\nnotes: \xff\xfe\n")
    assert "bytes.yaml:2:8: this is no UTF-8" in " ".join(
        portwright("manifest", "--check", "bytes.yaml").stderr.split()
    )
    with (tmp_path / "large.yaml").open("wb") as large:
        large.truncate(50_000_000)
    refused = portwright("manifest", "--check", "large.yaml")
    assert refused.returncode == 2 and "at most 1000000" in " ".join(refused.stderr.split())
    assert portwright("manifest", "--check", "nowhere.yaml").returncode == 2
    assert portwright("manifest", "--check", ".").returncode == 2
    assert portwright("manifest").returncode == 2
    assert portwright("manifest", ".", "--check", "large.yaml").returncode == 2


def test_a_model_of_the_hub_that_is_not_in_the_cache(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    missing = portwright("manifest", "org/name", "--python", measured_python, env={"HF_HOME": str(tmp_path / "hf")})
    assert missing.returncode == 2
    told = " ".join(missing.stderr.split())
    assert "not in the cache" in told and "portwright fetch org/name" in told


def test_a_run_folder_holds_one(portwright: Run, tmp_path: Path, measured_python: Path, shared_cache: Path) -> None:
    """Also of a port in a git checkout, whose address and commit are named, without the password in it."""
    tiny_llama.write(tmp_path / "tiny")
    (tmp_path / "fork" / "models").mkdir(parents=True)
    port = tmp_path / "fork" / "models" / "llama.py"
    port.write_text(tiny_llama.installed_port(measured_python), "utf-8")
    for words in (
        ["init", "--quiet"], ["add", "."], ["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "one"],
        ["remote", "add", "origin", "https://me:secret@example.org/fork/mlx-lm.git"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", tmp_path / "fork", *words], check=True)
    done = portwright(
        "test", "tiny", "--port", port, "--checks", "load", "--seed", "3",
        "--python", measured_python, "--out", "run", env={"PORTWRIGHT_CACHE": str(shared_cache)},
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stdout + done.stderr
    text = (tmp_path / "run" / "manifest.yaml").read_text("utf-8")
    manifest = valid(yaml.safe_load(text))
    assert manifest["variants"][0]["repo_id"] == str(tmp_path / "tiny")
    own = manifest["variants"][0]["portwright"]
    assert (own["seed"], own["checks"], own["prompts"]) == (3, ["load"], [])
    named = manifest["portwright"]["port"]
    assert named["repository"] == "https://example.org/fork/mlx-lm.git"
    assert named["path"] == "models/llama.py" and len(named["commit"]) == 40
    assert "secret" not in text
    assert "manifest.yaml" in (tmp_path / "run" / "reproduce.md").read_text("utf-8")
    assert portwright("manifest", "run").stdout == text
