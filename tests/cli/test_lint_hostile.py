"""`lint` refuses what is no port's source, or answers, in bounded time and memory; nothing of a port is ever run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from lint_ports import RIGHT
from running import Run

DEEP = 100_000


def refused(portwright: Run, path: Path, words: str) -> None:
    """One sentence on standard error with exit status 2, and nothing else."""
    finished = portwright("lint", path, timeout=20)
    assert finished.returncode == 2, finished.stdout
    assert finished.stdout == ""
    assert words in " ".join(finished.stderr.split())


def test_a_missing_file_a_device_and_a_large_file(portwright: Run, tmp_path: Path) -> None:
    refused(portwright, tmp_path / "missing.py", "is not there")
    refused(portwright, Path("/dev/zero"), "is no file")
    os.mkfifo(tmp_path / "pipe.py")
    refused(portwright, tmp_path / "pipe.py", "is no file")
    (tmp_path / "large.py").write_bytes(b"x = 1\n" * (50_000_000 // 6))
    refused(portwright, tmp_path / "large.py", "and a port has at most")
    (tmp_path / "line.py").write_bytes(b"x = '" + b"a" * 10_000_000 + b"'\n")
    refused(portwright, tmp_path / "line.py", "and a port has at most")


def test_an_empty_folder_has_no_ports(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    finished = portwright("lint", tmp_path / "empty")
    assert (finished.returncode, finished.stdout) == (0, "0 ports looked at: 0 errors, 0 warnings\n")


@pytest.mark.parametrize(
    "text",
    [b"x = '\xff\xfe'\n", b"x = 1\n\0\n", b"\xff" * 50_000, b"x = '" + b"a" * 900_000],
    ids=["no-utf8", "zero", "noise", "long-line"],
)
def test_what_is_no_text_is_a_finding_with_a_short_line(portwright: Run, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "port.py").write_bytes(text)
    finished = portwright("lint", "port.py", timeout=20)
    assert finished.returncode == 1, finished.stderr
    assert "syntax" in finished.stdout
    assert max(len(line) for line in finished.stdout.splitlines()) < 200


@pytest.mark.parametrize(
    "text",
    [
        "(" * DEEP,
        "x = " + "(" * DEEP + "1" + ")" * DEEP,
        "x = " + "-" * DEEP + "1",
        "lambda:" * DEEP,
        "f(" * DEEP,
        "x = " + "not " * DEEP + "1",
        "x = 1" + ".a" * 29_000,
        "x = 1" + "+1" * 29_000,
        "if x:\n" * DEEP,
        "{'a':" * 10_000,
    ],
    ids=["open", "closed", "minus", "lambda", "calls", "not", "attributes", "sum", "ifs", "dictionaries"],
)
def test_depth_ends_in_a_sentence(portwright: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "port.py").write_text(text + "\n", "utf-8")
    finished = portwright("lint", "port.py", timeout=30)
    assert finished.returncode in (0, 1, 2), finished.stderr[-300:]
    assert finished.stdout or finished.stderr.startswith("portwright: ")


def test_memory_is_bounded(program: Path, tmp_path: Path) -> None:
    """The peak of this one child: that of all children is whatever the hungriest earlier test had."""
    (tmp_path / "port.py").write_bytes(b")" * 1_000_000)
    command = [program, "lint", tmp_path / "port.py"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, _, used = os.wait4(child.pid, 0)
    assert used.ru_maxrss < 600_000  # kB


def test_a_port_is_never_run(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "port.py").write_text("import pathlib\npathlib.Path('ran').touch()\n" + RIGHT, "utf-8")
    portwright("lint", "port.py")
    assert not (tmp_path / "ran").exists()
