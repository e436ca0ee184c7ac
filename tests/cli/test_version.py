"""`--version` prints the version of CMakeLists.txt, at once."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from running import REPOSITORY, Run

LIMIT_SECONDS = 0.010


def test_the_version_is_the_projects(portwright: Run) -> None:
    match = re.search(r"project\(portwright VERSION ([\d.]+)", (REPOSITORY / "CMakeLists.txt").read_text("utf-8"))
    assert match
    finished = portwright("--version")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, f"portwright {match[1]}\n", "")


def seconds_of_one_start(program: Path) -> float:
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    started = time.perf_counter()
    child = os.posix_spawn(program, ["portwright", "--version"], os.environ, file_actions=quiet)
    os.waitpid(child, 0)
    return time.perf_counter() - started


def test_the_version_takes_at_most_ten_milliseconds(program: Path) -> None:
    # The fastest of many: a busy machine makes single starts slow, work at start-up makes all of them slow.
    assert min(seconds_of_one_start(program) for _ in range(50)) <= LIMIT_SECONDS
