"""`plan` and `load`: whole files in the standard cache, whatever happens on the way, and no byte twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_client import worker
from local_hub import COMMIT, Fault, LocalHub, Repository, fake_commit
from local_hub.small import small_files, small_repository
from probe_client import ProbeClient

WEIGHTS = "^GET /repos/.*model.safetensors"
REPO = "org/model"
NOTHING: dict[str, Any] = {"include": [], "exclude": []}


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub([small_repository()]) as serving:
        yield serving


def load(client: ProbeClient, **more: Any) -> dict[str, Any]:
    planned = client.ask("plan", repo=REPO, **NOTHING)
    names = [file["name"] for file in planned["files"]]
    return client.ask("load", repo=REPO, commit=planned["commit"], names=names, **more)


def fail_to_load(client: ProbeClient) -> dict[str, Any]:
    planned = client.ask("plan", repo=REPO, **NOTHING)
    names = [file["name"] for file in planned["files"]]
    return client.fail("load", repo=REPO, commit=planned["commit"], names=names)


def is_whole(folder: str, repository: Repository) -> bool:
    files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    return files == {name: repository.files_at(Path(folder).name)[name] for name in files} and len(files) == 5


def ranges(hub: LocalHub) -> list[str | None]:
    return [request.range for request in hub.asked(WEIGHTS)]


def blobs(tmp_path: Path, pattern: str) -> list[Path]:
    return sorted((tmp_path / "home/hub/models--org--model/blobs").glob(pattern))


def test_the_plan_says_sizes_and_the_load_keeps_to_it(tmp_path: Path, hub: LocalHub) -> None:
    with worker(tmp_path, hub) as client:
        planned = client.ask("plan", repo=REPO, **NOTHING)
        assert {file["name"]: file["bytes"] for file in planned["files"]}["model.safetensors"] > 800_000
        assert {file["name"] for file in planned["left_out"]} == {"README.md", "onnx/config.json", "pytorch_model.bin"}
        assert not any(file["held"] for file in planned["files"]) and planned["free_bytes"] > 0
        assert hub.fetched() == [] and not (tmp_path / "home/hub").exists()
        loaded = load(client)
        assert is_whole(loaded["folder"], hub[REPO]) and loaded["verified"] == 5
        of = sum(file["bytes"] for file in planned["files"])
        assert client.progress and all(step["of"] == of >= step["done"] for step in client.progress)
        hub.requests.clear()
        again = load(client)
        assert again["loaded_bytes"] == 0 and again["held_bytes"] == of and hub.fetched() == []
        assert all(file["held"] for file in client.ask("plan", repo=REPO, **NOTHING)["files"])
        assert client.ask("locate", repo=REPO, offline=True)["folder"] == loaded["folder"]


def test_patterns(tmp_path: Path, hub: LocalHub) -> None:
    with worker(tmp_path, hub) as client:

        def names(include: list[str], exclude: list[str]) -> set[str]:
            planned = client.ask("plan", repo=REPO, include=include, exclude=exclude)
            return {file["name"] for file in planned["files"]}

        assert names(["*.bin", "onnx/*"], []) == {"pytorch_model.bin", "onnx/config.json"}
        assert names(["*.json"], ["onnx/*"]) == {"config.json", "generation_config.json", "tokenizer.json"}
        assert "model.safetensors" not in names([], ["*.safetensors"]) and names(["nothing*"], []) == set()


def test_a_cut_connection_goes_on_where_it_was_cut(tmp_path: Path, hub: LocalHub) -> None:
    hub.faults.append(Fault(WEIGHTS, times=2, cut_after=300_000))
    with worker(tmp_path, hub) as client:
        assert is_whole(load(client)["folder"], hub[REPO])
    assert ranges(hub) == [None, "bytes=262144-", "bytes=524288-"]  # whole pieces of 256 KiB


def test_a_cancelled_load_goes_on_in_another_process(tmp_path: Path, hub: LocalHub) -> None:
    hub.faults.append(Fault(WEIGHTS, times=1, seconds_a_chunk=0.2))
    with worker(tmp_path, hub) as client:
        planned = client.ask("plan", repo=REPO, **NOTHING)
        names = [file["name"] for file in planned["files"]]
        request = client.submit("load", repo=REPO, commit=planned["commit"], names=names)
        until(lambda: hub.body_bytes > 400_000)
        client.send({"cancel": request})
        assert client.wait(request)["error"]["kind"] == "cancelled"
    (partial,) = blobs(tmp_path, "*.portwright.incomplete")
    there = partial.stat().st_size
    assert 0 < there < 800_000
    with worker(tmp_path, hub) as client:
        weights = next(file for file in client.ask("plan", repo=REPO, **NOTHING)["files"] if file["sha256"])
        assert weights["held_bytes"] == there and not weights["held"]
        loaded = load(client)
    assert loaded["resumed_bytes"] == there and is_whole(loaded["folder"], hub[REPO])
    assert ranges(hub)[-1] == f"bytes={there}-"
    assert blobs(tmp_path, "*.incomplete") == []


def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)


def put_partial(tmp_path: Path, hub: LocalHub, content: bytes) -> Path:
    with worker(tmp_path, hub) as client:
        weights = next(file for file in client.ask("plan", repo=REPO, **NOTHING)["files"] if file["sha256"])
    partial = tmp_path / "home/hub/models--org--model/blobs" / f"{weights['sha256']}.portwright.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(content)
    return partial


@pytest.mark.parametrize("count", [100_000, 900_000])
def test_a_damaged_beginning_is_found_and_fetched_anew(tmp_path: Path, hub: LocalHub, count: int) -> None:
    put_partial(tmp_path, hub, b"x" * count)
    with worker(tmp_path, hub) as client:
        assert is_whole(load(client)["folder"], hub[REPO])


def test_a_server_that_ignores_ranges_sends_all_of_it(tmp_path: Path, hub: LocalHub) -> None:
    stored = hub[REPO].files["model.safetensors"]
    assert isinstance(stored, bytes)
    put_partial(tmp_path, hub, stored[:1000])
    hub.faults.append(Fault(WEIGHTS, ignores_range=True))
    with worker(tmp_path, hub) as client:
        loaded = load(client)
    assert is_whole(loaded["folder"], hub[REPO]) and loaded["resumed_bytes"] == 0


def test_a_wrong_byte_is_named_and_moved_away(tmp_path: Path, hub: LocalHub) -> None:
    hub.faults.append(Fault(WEIGHTS, times=1, flip_byte=5000))
    with worker(tmp_path, hub) as client:
        error = fail_to_load(client)
        assert error["kind"] == "checkpoint" and "model.safetensors of org/model" in error["sentence"]
        assert len(blobs(tmp_path, "*.damaged")) == 1
        assert is_whole(load(client)["folder"], hub[REPO])


def test_a_cached_file_that_was_damaged_later(tmp_path: Path, hub: LocalHub) -> None:
    with worker(tmp_path, hub) as client:
        folder = Path(load(client)["folder"])
        with (folder / "model.safetensors").resolve().open("r+b") as weights:
            weights.seek(5000)
            weights.write(b"damage")
        assert load(client)["loaded_bytes"] == 0  # the size is right
        loaded = load(client, verify=True)
        assert loaded["loaded_bytes"] > 0 and is_whole(loaded["folder"], hub[REPO])
        (folder / "config.json").resolve().write_bytes(b"{")  # of another size: found without reading it
        assert load(client)["loaded_bytes"] > 0 and is_whole(loaded["folder"], hub[REPO])


def test_a_branch_that_moves_meanwhile(tmp_path: Path, hub: LocalHub) -> None:
    def move() -> None:
        hub[REPO].move(fake_commit("next"), {**small_files(), "config.json": b'{"model_type": "other"}'})

    hub.faults.append(Fault(WEIGHTS, times=1, does=move))
    with worker(tmp_path, hub) as client:
        loaded = load(client)
    assert loaded["commit"] == COMMIT and loaded["moved_to"] == fake_commit("next")
    assert is_whole(loaded["folder"], hub[REPO])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_moment_of_trouble_is_waited_out(tmp_path: Path, hub: LocalHub, status: int) -> None:
    hub.faults.append(Fault("^GET .*/resolve/.*model.safetensors", times=1, status=status))
    hub.faults.append(Fault("^GET .*/tree/", times=1, status=status))
    hub.faults.append(Fault("^HEAD .*/config.json", times=1, status=status))
    with worker(tmp_path, hub) as client:
        assert is_whole(load(client)["folder"], hub[REPO])


def test_hostile_names_stay_outside(tmp_path: Path) -> None:
    files = {**small_files(), "../../../evil.json": b"evil", "/evil.json": b"evil"}
    with LocalHub([Repository(REPO, files)]) as hub, worker(tmp_path, hub) as client:
        planned = client.ask("plan", repo=REPO, include=["*"], exclude=[])
        assert set(planned["refused"]) == {"../../../evil.json", "/evil.json"}
        names = [file["name"] for file in planned["files"]]
        client.ask("load", repo=REPO, commit=COMMIT, names=names)
        error = client.fail("load", repo=REPO, commit=COMMIT, names=["../../../evil.json"])
        assert error["kind"] == "checkpoint"
    assert not list(tmp_path.rglob("evil.json"))


def test_offline_the_plan_says_what_is_missing(tmp_path: Path, hub: LocalHub) -> None:
    hub.faults.append(Fault(WEIGHTS, status=404))
    with worker(tmp_path, hub) as client:
        fail_to_load(client)
        planned = client.ask("plan", repo=REPO, offline=True, **NOTHING)
        assert [file["name"] for file in planned["files"] if not file["held"]] == ["model.safetensors"]
        assert planned["source"] == "cache" and planned["commit"] == COMMIT
        assert client.fail("plan", repo="org/other", offline=True, **NOTHING)["kind"] == "checkpoint"


def test_a_gated_repository_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    repository = Repository(REPO, small_files(), gated="auto")
    with LocalHub([repository]) as hub:
        with worker(tmp_path, hub) as client:
            error = client.fail("plan", repo=REPO, **NOTHING)
        assert "gated" in error["sentence"] and f"{hub.url}/{REPO}" in error["sentence"]
        hub.opens("hf_good", REPO)
        with worker(tmp_path, hub, HF_TOKEN="hf_good") as client:
            assert is_whole(load(client)["folder"], repository)
        assert all(request.token is None for request in hub.asked("/repos/"))  # the token stays with the Hub


def test_files_that_the_hub_keeps_in_chunks(tmp_path: Path) -> None:
    repository = Repository(REPO, small_files(), xet=True)
    with LocalHub([repository]) as hub, worker(tmp_path, hub) as client:
        assert is_whole(load(client)["folder"], repository)
