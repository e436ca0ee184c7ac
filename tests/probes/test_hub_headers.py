"""`headers` and `sample`: what weights are, told from a few bytes of each file."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_client import worker
from local_hub import COMMIT, Fault, LocalHub, Repository, Stored
from local_hub.families import all_families
from local_hub.small import small_files, small_repository
from local_hub.stored import size_of, slice_of

QWEN = "Qwen/Qwen3-8B"


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub([*all_families(), small_repository()]) as serving:
        yield serving


def header_of(stored: Stored) -> str:
    (length,) = struct.unpack("<Q", slice_of(stored, 0, 8))
    return slice_of(stored, 8, 8 + length).decode()


def test_all_shards_from_their_beginnings_alone(tmp_path: Path, hub: LocalHub) -> None:
    repository = hub[QWEN]
    names = sorted(name for name in repository.files if name.endswith(".safetensors"))
    with worker(tmp_path, hub) as client:
        found = client.ask("headers", repo=QWEN, commit=repository.commit, names=names)
    assert sorted(found["headers"]) == names and found["rest"] == [] and found["folder"] is None
    for name in names:
        stored = repository.files[name]
        assert found["headers"][name]["text"] == header_of(stored)
        assert found["headers"][name]["data_begin"] == 8 + len(header_of(stored))
        assert found["headers"][name]["bytes"] == size_of(stored)
    asked = [request for request in hub.asked(r"GET .*\.safetensors") if request.status == 206]
    assert {request.range for request in asked} == {"bytes=0-99999"} and len(asked) >= len(names)
    assert hub.body_bytes < 1_000_000  # of 16 GB


def with_shards(count: int) -> dict[str, Stored]:
    """So many shards of one tensor each."""
    files = {key: value for key, value in small_files(64).items() if key != "model.safetensors"}
    for number in range(count):
        text = json.dumps({f"t{number}": {"dtype": "U8", "shape": [64], "data_offsets": [0, 64]}}).encode()
        files[f"model-{number:05}.safetensors"] = struct.pack("<Q", len(text)) + text + bytes(64)
    return files


def test_a_header_longer_than_the_first_question(tmp_path: Path) -> None:
    text = json.dumps({"__metadata__": {"note": "x" * 250_000}}).encode()
    stored = struct.pack("<Q", len(text)) + text + bytes(64)
    repository = Repository("org/long", {**small_files(64), "model.safetensors": stored})
    with LocalHub([repository]) as hub:
        for fault in (None, Fault(r"\.safetensors", ignores_range=True)):
            hub.faults[:] = [fault] if fault else []
            with worker(tmp_path, hub) as client:
                found = client.ask("headers", repo="org/long", commit=COMMIT, names=["model.safetensors"])
            assert found["headers"]["model.safetensors"]["text"] == text.decode()


def test_many_shards_side_by_side(tmp_path: Path) -> None:
    with LocalHub([Repository("org/many", with_shards(60))]) as hub:
        hub.faults.append(Fault(r"GET .*\.safetensors", seconds=0.1))
        names = [f"model-{number:05}.safetensors" for number in range(60)]
        with worker(tmp_path, hub) as client:
            answer = client.ask("headers", repo="org/many", commit=COMMIT, names=names)
    assert list(answer["headers"]) == names


def test_what_the_cache_holds_is_not_asked_for(tmp_path: Path, hub: LocalHub) -> None:
    names = ["model.safetensors"]
    with worker(tmp_path, hub) as client:
        folder = Path(client.ask("locate", repo="org/model")["folder"])
        hub.requests.clear()
        found = client.ask("headers", repo="org/model", commit=COMMIT, names=names, offline=True)
        assert found["folder"] == str(folder)
        assert found["headers"]["model.safetensors"]["text"] == header_of((folder / names[0]).read_bytes())
        missing = client.ask("headers", repo="org/model", commit=COMMIT, names=["other.safetensors"], offline=True)
        assert missing == {"headers": {}, "rest": [], "folder": None}
    assert hub.requests == []


def test_a_moment_of_trouble_is_waited_out(tmp_path: Path, hub: LocalHub) -> None:
    hub.faults.append(Fault(r"\.safetensors", times=1, status=503))
    with worker(tmp_path, hub) as client:
        assert client.ask("headers", repo="org/model", commit=COMMIT, names=["model.safetensors"])["headers"]


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (b"short", "it has 5 bytes"),
        (struct.pack("<Q", 1 << 63) + b"{}", "its header claims 9223372036854775808 bytes, and 2 follow"),
        (struct.pack("<Q", 4) + b'"\xff"}', "its header is not UTF-8"),
    ],
)
def test_what_is_no_safetensors_file(tmp_path: Path, stored: bytes, words: str) -> None:
    repository = Repository("org/bad", {**small_files(64), "model.safetensors": stored})
    with LocalHub([repository]) as hub, worker(tmp_path, hub) as client:
        error = client.fail("headers", repo="org/bad", commit=COMMIT, names=["model.safetensors"])
    assert error["kind"] == "checkpoint" and words in error["sentence"]


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(r"\.safetensors", status=401), "checkpoint", "refuses the token"),
        (Fault(r"\.safetensors", status=403), "checkpoint", "may not read"),
        (Fault(r"\.safetensors", status=429, headers={"Retry-After": "9999"}), "environment", "too many requests"),
        (Fault(r"\.safetensors", status=418), "environment", "no answer"),
    ],
)
def test_a_hub_that_refuses(tmp_path: Path, hub: LocalHub, fault: Fault, kind: str, words: str) -> None:
    hub.faults.append(fault)
    with worker(tmp_path, hub) as client:
        error = client.fail("headers", repo="org/model", commit=COMMIT, names=["model.safetensors"])
    assert error["kind"] == kind and words in error["sentence"], error


def test_samples_are_hashes_of_ranges(tmp_path: Path, hub: LocalHub) -> None:
    stored = hub["org/model"].files["model.safetensors"]
    pieces = [{"name": "model.safetensors", "begin": begin, "end": begin + 1000} for begin in (0, 5000, 700_000)]
    with worker(tmp_path, hub) as client:
        found = client.ask("sample", repo="org/model", commit=COMMIT, pieces=pieces)
        assert found["sha256"] == [
            hashlib.sha256(slice_of(stored, piece["begin"], piece["end"])).hexdigest()  # type: ignore[arg-type]
            for piece in pieces
        ]
        too_long = [{"name": "model.safetensors", "begin": 0, "end": 2 << 20}]
        assert client.fail("sample", repo="org/model", commit=COMMIT, pieces=too_long)["kind"] == "bad_request"
    assert hub.body_bytes < 100_000
