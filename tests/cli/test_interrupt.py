"""Ended in any phase: what was measured is on disk, nothing is left running or lying about, and --resume goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_llama
from bad_ports import Bench

MARK = "PORTWRIGHT_TEST_MARK"

# What the port does where HANG names the phase it is in.
HANG = """
import os, time
def hang(phase):
    if os.environ.get("HANG") == phase:
        print(phase, flush=True)
        time.sleep(300)
hang("loading")
"""


def hanging_port(source: str) -> str:
    """The right port, which says on its log where it is and waits there."""
    return HANG + tiny_llama.with_forward(source, 'hang("forward" if inputs.shape[1] > 1 else "decoding")')


def until(reached: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def marked(mark: str) -> list[int]:
    """The processes that carry the mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def says(log: Path, text: str) -> bool:
    return log.exists() and text in log.read_text("utf-8", "replace")


class Running:
    """The program at work, with a mark that all its processes inherit."""

    def __init__(self, program: Path, bench: Bench, hang: str, *more: str) -> None:
        self.folder = bench.folder
        self.mark = uuid.uuid4().hex
        self.temporary = bench.folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        environment = {**os.environ, **bench.environment(), MARK: self.mark, "HANG": hang}
        environment["TMPDIR"] = str(self.temporary)
        self.process = subprocess.Popen(
            [program, *bench.words(hanging_port(bench.source), *more)],
            cwd=bench.folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def reaches(self, phase: str) -> None:
        if phase == "starting":
            until(lambda: len(marked(self.mark)) > 1)
        else:
            until(lambda: says(self.folder / "run" / "logs" / "port.log", phase))

    def left(self) -> list[object]:
        """Processes and files that should be gone."""
        files = [*Path("/dev/shm").glob(f"portwright-{self.process.pid}-*"), *self.temporary.iterdir()]
        return [*marked(self.mark), *files]


@pytest.mark.parametrize(
    ("phase", "checks", "measured"),
    [
        ("starting", "load", []),
        ("loading", "load", []),
        ("forward", "load,parity.logits", ["load"]),
        ("decoding", "load,behaviour.greedy", ["load"]),
    ],
)
def test_an_interrupt_leaves_nothing_but_what_was_measured(
    program: Path, bench: Bench, phase: str, checks: str, measured: list[str]
) -> None:
    running = Running(program, bench, phase, "--checks", checks)
    running.reaches(phase)
    running.process.send_signal(signal.SIGINT)
    _, errors = running.process.communicate(timeout=60)
    assert running.process.returncode == 130, errors
    assert "interrupted" in errors
    assert "Traceback" not in errors
    until(lambda: running.left() == [], 10)
    assert not list((bench.cache / "scratch").glob("*"))
    assert list(bench.checks()) == measured

    if phase == "forward":
        finished = bench.run(
            *bench.words(hanging_port(bench.source), "--checks", checks, "--resume"), env=bench.environment()
        )
        assert finished.returncode == 4, finished.stderr  # a part of the battery decides nothing
        assert {check["verdict"] for check in bench.checks().values()} == {"pass"}
        assert list(bench.checks()) == checks.split(",")


def test_a_second_run_into_the_folder_is_refused_and_a_kill_leaves_nothing(program: Path, bench: Bench) -> None:
    running = Running(program, bench, "loading", "--checks", "load")
    running.reaches("loading")
    finished, _ = bench.test(bench.source, "--checks", "load")
    assert finished.returncode == 2
    assert f"another run writes into run (process {running.process.pid})" in finished.stderr

    running.process.kill()
    running.process.communicate(timeout=60)
    until(lambda: running.left() == [], 20)
