"""`inspect ORG/NAME` tells what a repository holds and fetches none of its weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import REPOSITORY, Run

sys.path.insert(0, str(REPOSITORY / "tests"))
from local_hub import Fault, LocalHub
from local_hub.families import all_families
from local_hub.small import small_repository


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub([*all_families(), small_repository()]) as serving:
        yield serving


@pytest.fixture
def inspect(portwright: Run, measured_python: Path, tmp_path: Path, hub: LocalHub) -> Any:
    """Run `inspect` against the Hub on this machine."""

    def run(*words: str, **environment: str) -> Any:
        settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1"}
        return portwright("inspect", *words, "--python", measured_python, env={**settings, **environment})

    return run


def test_a_repository_of_sixteen_gigabytes(inspect: Any, hub: LocalHub) -> None:
    finished = inspect("Qwen/Qwen3-8B", "--json")
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    assert found["remote"] and found["revision"] == hub["Qwen/Qwen3-8B"].commit
    assert found["parameters"]["all"] == 8_190_735_360  # as the published model has
    assert found["dtype"]["name"] == "bfloat16" and found["disk"]["missing_shards"] == []
    assert found["disk"]["weight_bytes"] > 16_000_000_000
    assert found["tying"]["head"] == "alike"  # the Hub of the tests serves zeros
    assert hub.body_bytes < 2_000_000
    assert "weights not fetched" in inspect("Qwen/Qwen3-8B").stdout


def test_what_the_cache_holds_is_told_offline(inspect: Any, hub: LocalHub) -> None:
    assert inspect("org/model").returncode == 0
    hub.requests.clear()
    finished = inspect("org/model", "--offline")
    assert finished.returncode == 0, finished.stderr
    assert "told from the cache alone" in " ".join(finished.stdout.split())
    assert hub.requests == []


@pytest.mark.parametrize(
    ("model", "fault", "status", "words"),
    [
        ("org/nothing", None, 2, "no repository org/nothing on the Hub"),
        ("meta-llama/Llama-3.2-1B", None, 2, "is gated: accept its terms"),
        ("org/model@v9", None, 2, "org/model has no revision 'v9'"),
        ("org/model", Fault("/api/", status=401), 2, "token"),
        ("org/model", Fault("", status=429, headers={"Retry-After": "9999"}), 3, "too many requests"),
        ("org/model", Fault("", status=418), 3, "gave no answer about org/model"),
    ],
)
def test_a_refusal_is_one_sentence(
    inspect: Any, hub: LocalHub, model: str, fault: Fault | None, status: int, words: str
) -> None:
    hub.faults += [fault] if fault else []
    finished = inspect(model)
    assert finished.returncode == status, finished.stderr
    assert words in " ".join(finished.stderr.split())
    assert "Traceback" not in finished.stderr and finished.stdout == ""


def test_without_a_network(inspect: Any) -> None:
    finished = inspect("org/model", HF_HUB_OFFLINE="1")
    assert finished.returncode == 2 and "the network is switched off" in " ".join(finished.stderr.split())
