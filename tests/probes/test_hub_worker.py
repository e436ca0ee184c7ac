"""The Hub's worker over real pipes, with the real huggingface_hub, against a Hub on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hub_client import worker
from local_hub import COMMIT, Fault, LocalHub, Repository, Stored
from local_hub.small import small_files


@pytest.fixture
def files() -> dict[str, Stored]:
    return small_files()


def serving(files: dict[str, Stored]) -> LocalHub:
    """A Hub with one public repository, `org/model`, and a closed one, `org/gated`."""
    return LocalHub([Repository("org/model", files), Repository("org/gated", files, gated="manual")])


def test_fetches_what_a_port_needs_and_finds_it_again_offline(tmp_path: Path, files: dict[str, Stored]) -> None:
    with serving(files) as hub:
        with worker(tmp_path, hub) as client:
            assert client.greeting["side"] == "hub" and "locate" in client.greeting["capabilities"]
            found = client.ask("locate", repo="org/model")
            assert client.fail("locate", repo="org/model", offline=True, revison="x")["kind"] == "bad_request"
        folder = Path(found["folder"])
        assert found["revision"] == COMMIT
        needed = {name for name in files if files[name] != b"not needed"}
        assert {path.name for path in folder.iterdir()} == needed
        assert all((folder / name).read_bytes() == files[name] for name in needed)
        hub.requests.clear()
        with worker(tmp_path, hub) as client:
            assert client.ask("locate", repo="org/model", revision="main", offline=True) == found
            assert client.ask("locate", repo="org/model", revision=COMMIT, offline=True) == found
        with worker(tmp_path, hub, HF_HUB_OFFLINE="1") as client:
            assert client.ask("locate", repo="org/model") == found
        assert hub.fetched() == []


def test_says_what_is_wrong_with_a_name(tmp_path: Path, files: dict[str, Stored]) -> None:
    with serving(files) as hub, worker(tmp_path, hub) as client:
        for repo, kind, words in (
            ("org/gated", "checkpoint", f"gated: accept its terms at {hub.url}/org/gated"),
            ("org/other", "checkpoint", "no repository org/other"),
            ("a/b/c", "bad_request", "no name of a repository"),
        ):
            error = client.fail("locate", repo=repo)
            assert error["kind"] == kind and words in error["sentence"], error
        error = client.fail("locate", repo="org/model", revision="v9")
        assert error["kind"] == "checkpoint" and "no revision 'v9'" in error["sentence"]


def test_offline_without_a_cache(tmp_path: Path, files: dict[str, Stored]) -> None:
    with serving(files) as hub, worker(tmp_path, hub) as client:
        error = client.fail("locate", repo="org/model", offline=True)
    assert error["kind"] == "checkpoint" and "not in the cache" in error["sentence"]
    assert hub.fetched() == []


def test_a_hub_that_fails_or_is_away(tmp_path: Path, files: dict[str, Stored]) -> None:
    with serving(files) as hub:
        hub.faults.append(Fault("", status=418))
        with worker(tmp_path, hub) as client:
            error = client.fail("locate", repo="org/model")
            assert error["kind"] == "environment" and "418" in error["sentence"]
    with worker(tmp_path, hub) as client:
        assert client.fail("locate", repo="org/model")["kind"] == "environment"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_repository_without_a_model(tmp_path: Path, files: dict[str, Stored], missing: str) -> None:
    del files[missing]
    with serving(files) as hub, worker(tmp_path, hub) as client:
        error = client.fail("locate", repo="org/model")
    assert error["kind"] == "checkpoint" and missing in error["sentence"]


def test_an_index_that_names_a_missing_shard(tmp_path: Path, files: dict[str, Stored]) -> None:
    del files["model.safetensors"]
    files["model.safetensors.index.json"] = json.dumps({"weight_map": {"w": "model-1.safetensors"}}).encode()
    with serving(files) as hub, worker(tmp_path, hub) as client:
        error = client.fail("locate", repo="org/model")
    assert error["kind"] == "checkpoint" and "model-1.safetensors, which is not there" in error["sentence"]
