"""Folders on read-only and on full disks, made in a mount namespace of the test's own."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from bad_ports import Bench


def mounted(program: Path, bench: Bench, mounts: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the program where `mounts`, lines of shell, have taken effect."""
    command = shlex.join(str(word) for word in [program, *words])
    return bench.run_other(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", f"{mounts}\nexec {command}"]
    )


def test_a_checkpoint_may_be_read_only_and_a_run_may_not(program: Path, bench: Bench) -> None:
    place = shlex.quote(str(bench.checkpoint))
    mounts = f"mount --bind {place} {place}; mount -o remount,ro,bind {place}"
    finished = mounted(program, bench, mounts, *bench.words(bench.source, "--checks", "load"))
    assert finished.returncode == 4, finished.stderr
    assert bench.checks()["load"]["verdict"] == "pass"

    words = [
        word if word != "run" else bench.checkpoint / "run" for word in bench.words(bench.source, "--checks", "load")
    ]
    finished = mounted(program, bench, mounts, *words)
    assert finished.returncode == 2
    told = " ".join(finished.stderr.split())  # it is wrapped to the width of the terminal
    assert "the file system is read-only" in told
    assert finished.stderr.count("\n") <= 3


def test_a_full_disk_below_the_run_is_told(program: Path, bench: Bench) -> None:
    (bench.folder / "run").mkdir()
    mounts = "mount -t tmpfs -o size=8k tmpfs run"
    finished = mounted(program, bench, mounts, *bench.words(bench.source, "--checks", "load"))
    assert finished.returncode == 3
    assert "the disk is full" in " ".join(finished.stderr.split())
    assert "Traceback" not in finished.stderr
