"""The Hub's worker over real pipes, with the real huggingface_hub, against a Hub on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from fake_hub import COMMIT, FakeHub
from portwright_probes import safetensors_io
from probe_client import ProbeClient


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    weights = tmp_path / "weights"
    data = np.zeros(200_000, np.float32)
    safetensors_io.write(weights, {"w": ("F32", data.shape, data.data)})
    return {
        "config.json": json.dumps({"model_type": "llama"}).encode(),
        "generation_config.json": b"{}",
        "tokenizer.json": b"{}",
        "chat_template.jinja": b"{{ messages }}",
        "model.safetensors": weights.read_bytes(),
        "pytorch_model.bin": b"not needed",
        "onnx/config.json": b"not needed",
        "README.md": b"not needed",
    }


@contextmanager
def worker(tmp_path: Path, hub: FakeHub, **environment: str) -> Iterator[ProbeClient]:
    exchange = tmp_path / "exchange"
    exchange.mkdir(exist_ok=True)
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    client = ProbeClient("hub", exchange, environment={**settings, **environment})
    try:
        yield client
    finally:
        client.close()


def test_fetches_what_a_port_needs_and_finds_it_again_offline(tmp_path: Path, files: dict[str, bytes]) -> None:
    with FakeHub(files) as hub:
        with worker(tmp_path, hub) as client:
            assert client.greeting["side"] == "hub" and client.greeting["capabilities"] == ["locate"]
            found = client.ask("locate", repo="org/model")
            assert client.fail("locate", repo="org/model", offline=True, revison="x")["kind"] == "bad_request"
        folder = Path(found["folder"])
        assert found["revision"] == COMMIT
        needed = {name for name in files if b"not needed" not in files[name]}
        assert {path.name for path in folder.iterdir()} == needed
        assert all((folder / name).read_bytes() == files[name] for name in needed)
        hub.fetched.clear()
        with worker(tmp_path, hub) as client:
            assert client.ask("locate", repo="org/model", revision="main", offline=True) == found
            assert client.ask("locate", repo="org/model", revision=COMMIT, offline=True) == found
        with worker(tmp_path, hub, HF_HUB_OFFLINE="1") as client:
            assert client.ask("locate", repo="org/model") == found
        assert hub.fetched == []


def test_says_what_is_wrong_with_a_name(tmp_path: Path, files: dict[str, bytes]) -> None:
    with FakeHub(files) as hub, worker(tmp_path, hub) as client:
        for repo, kind, words in (
            ("org/gated", "checkpoint", f"gated: accept its terms at {hub.url}/org/gated"),
            ("org/other", "checkpoint", "no repository org/other"),
            ("a/b/c", "bad_request", "no name of a repository"),
        ):
            error = client.fail("locate", repo=repo)
            assert error["kind"] == kind and words in error["sentence"], error
        error = client.fail("locate", repo="org/model", revision="v9")
        assert error["kind"] == "checkpoint" and "no revision 'v9'" in error["sentence"]


def test_offline_without_a_cache(tmp_path: Path, files: dict[str, bytes]) -> None:
    with FakeHub(files) as hub, worker(tmp_path, hub) as client:
        error = client.fail("locate", repo="org/model", offline=True)
    assert error["kind"] == "checkpoint" and "not in the cache" in error["sentence"]
    assert hub.fetched == []


def test_a_hub_that_fails_or_is_away(tmp_path: Path, files: dict[str, bytes]) -> None:
    with FakeHub(files) as hub:
        hub.status = 418
        with worker(tmp_path, hub) as client:
            error = client.fail("locate", repo="org/model")
            assert error["kind"] == "environment" and "418" in error["sentence"]
    with worker(tmp_path, hub) as client:
        assert client.fail("locate", repo="org/model")["kind"] == "environment"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_repository_without_a_model(tmp_path: Path, files: dict[str, bytes], missing: str) -> None:
    del files[missing]
    with FakeHub(files) as hub, worker(tmp_path, hub) as client:
        error = client.fail("locate", repo="org/model")
    assert error["kind"] == "checkpoint" and missing in error["sentence"]


def test_an_index_that_names_a_missing_shard(tmp_path: Path, files: dict[str, bytes]) -> None:
    del files["model.safetensors"]
    files["model.safetensors.index.json"] = json.dumps({"weight_map": {"w": "model-1.safetensors"}}).encode()
    with FakeHub(files) as hub, worker(tmp_path, hub) as client:
        error = client.fail("locate", repo="org/model")
    assert error["kind"] == "checkpoint" and "model-1.safetensors, which is not there" in error["sentence"]
