"""`test` without an environment names the command that makes one, and at a terminal offers to run it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from running import Run
from tiny_wheels import write_wheels


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Variables under which no Python with mlx-lm is found, and pip knows nothing but the tiny wheels."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    write_wheels(tmp_path / "wheels")
    return {
        "PATH": f"{tmp_path}/bare/bin:/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        "PIP_CONFIG_FILE": "/dev/null", "PIP_CONSTRAINT": "", "PIP_EXTRA_INDEX_URL": "",
        "PORTWRIGHT_PYTHON": sys.executable,
    }  # fmt: skip


def at_a_terminal(program: Path, folder: Path, env: dict[str, str], answer: str) -> tuple[int, str]:
    """Run `test` with a terminal to type at; give its status and what was shown."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    with subprocess.Popen(
        [program, "test", "synthetic:llama", "--effort", "quick"],
        cwd=folder, env={**inherited, **env, "PORTWRIGHT_CACHE": str(folder / "cache")},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as running:  # fmt: skip
        os.close(theirs)
        shown, answered = b"", False
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:
                break
            shown += more
            if not more:
                break
            if b"[y/N]" in shown and not answered:
                os.write(ours, answer.encode() + b"\n")
                answered = True
    os.close(ours)
    return running.returncode, shown.decode(errors="replace")


def test_without_a_terminal_the_command_is_named(portwright: Run, tmp_path: Path, bare: dict[str, str]) -> None:
    failed = portwright("test", "synthetic:llama", env=bare)
    assert failed.returncode == 3
    assert "portwright env create .venv" in " ".join(failed.stderr.split())
    assert "[y/N]" not in failed.stderr and not (tmp_path / ".venv").exists()


def test_no_is_no(program: Path, tmp_path: Path, bare: dict[str, str]) -> None:
    status, shown = at_a_terminal(program, tmp_path, bare, "n")
    assert status == 3 and "portwright env create .venv" in shown
    assert not (tmp_path / ".venv").exists()


def test_yes_makes_it_and_goes_on(program: Path, tmp_path: Path, bare: dict[str, str]) -> None:
    status, shown = at_a_terminal(program, tmp_path, bare, "y")
    assert (tmp_path / ".venv.lock.json").exists(), shown
    # The packages are empty: the run begins, and its worker is what fails.
    assert status == 3 and "no Python with" not in shown.split("installing mlx-lm")[1]
