"""`fetch` where the Hub is closed, away, busy or wrong: one sentence, and what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from at_hub import AtHub
from local_hub import Fault, LocalHub, Repository
from local_hub.small import small_files, small_repository

WEIGHTS = "^GET /repos/.*model.safetensors"


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub([small_repository(), Repository("org/gated", small_files(), gated="manual")]) as serving:
        yield serving


def test_a_gated_repository_says_which_page_to_visit(at_hub: AtHub, hub: LocalHub) -> None:
    finished = at_hub(hub, "fetch", "org/gated")
    assert finished.returncode == 2
    words = " ".join(finished.stderr.split())
    assert f"{hub.url}/org/gated" in words and "hf auth login" in words and "HF_TOKEN" in words
    hub.opens("hf_good", "org/gated")
    assert at_hub(hub, "fetch", "org/gated", env={"HF_TOKEN": "hf_good"}).returncode == 0
    wrong = at_hub(hub, "fetch", "org/gated", env={"HF_TOKEN": "hf_wrong"})
    assert wrong.returncode == 2 and "refuses the token" in wrong.stderr
    assert "hf_wrong" not in wrong.stdout + wrong.stderr


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (Fault("", status=403), 2, "may not read"),
        (Fault("", status=429, headers={"Retry-After": "3600"}), 3, "try again in 3600 seconds"),
        (Fault("", status=418), 3, "418"),
        (Fault(WEIGHTS, flip_byte=9000), 2, "another hash"),
        (Fault(r"^GET /api/models/org/model\?", body=b"<html>", status=200), 3, "is HF_ENDPOINT right"),
    ],
    ids=["403", "429", "418", "hash", "garbage"],
)
def test_what_is_wrong_is_one_sentence(at_hub: AtHub, hub: LocalHub, fault: Fault, status: int, words: str) -> None:
    hub.faults.append(fault)
    finished = at_hub(hub, "fetch", "org/model")
    assert finished.returncode == status, finished.stdout + finished.stderr
    assert words in " ".join(finished.stderr.split()) and "Traceback" not in finished.stderr


def test_names_that_do_not_exist(at_hub: AtHub, hub: LocalHub) -> None:
    for name, words in (("org/other", "no repository org/other"), ("org/model@v9", "no revision 'v9'")):
        finished = at_hub(hub, "fetch", name)
        assert finished.returncode == 2 and words in finished.stderr


def test_a_hub_that_is_away(at_hub: AtHub) -> None:
    with LocalHub([]) as hub:
        pass
    finished = at_hub(hub, "fetch", "org/model")
    assert finished.returncode == 3 and hub.url in " ".join(finished.stderr.split())


def test_without_the_network_the_cache_serves_and_says_what_is_missing(at_hub: AtHub, hub: LocalHub) -> None:
    offline = {"HF_HUB_OFFLINE": "1"}
    nothing = at_hub(hub, "fetch", "org/model", env=offline)
    assert nothing.returncode == 2 and "not in the cache" in nothing.stderr
    hub.faults.append(Fault(WEIGHTS, status=404, times=1))
    assert at_hub(hub, "fetch", "org/model").returncode == 3
    part = at_hub(hub, "fetch", "org/model", env=offline)
    assert part.returncode == 2 and "the cache lacks model.safetensors" in " ".join(part.stderr.split())
    assert at_hub(hub, "fetch", "org/model").returncode == 0
    hub.requests.clear()
    whole = at_hub(hub, "fetch", "org/model", env=offline)
    assert whole.returncode == 0 and "the network is switched off" in whole.stdout
    assert hub.requests == []


def test_ended_by_ctrl_c_the_same_command_goes_on(at_hub: AtHub, hub: LocalHub, program: Path, tmp_path: Path) -> None:
    hub.faults.append(Fault(WEIGHTS, times=1, seconds_a_chunk=0.3))
    environment = {**os.environ, **at_hub.environment(hub), "PORTWRIGHT_CACHE": str(tmp_path / "cache")}
    words: list[str | Path] = [program, "fetch", "org/model", "--python", at_hub.python]
    running = subprocess.Popen(
        words, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: hub.body_bytes > 400_000)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "the same command goes on" in " ".join(errors.split())
    blobs = at_hub.home / "hub/models--org--model/blobs"
    (partial,) = blobs.glob("*.portwright.incomplete")
    assert partial.stat().st_size > 0
    finished = at_hub(hub, "fetch", "org/model")
    assert finished.returncode == 0 and "that were here" in finished.stdout
    assert (hub.asked(WEIGHTS)[-1].range or "").startswith("bytes=")
    assert not list(blobs.glob("*.incomplete"))


def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)
