"""A creation that fails: one sentence, the last lines of what the installer said, and a repetition that goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import Run
from tiny_wheels import write_wheels

Environment = dict[str, str]


@pytest.fixture
def offline(tmp_path: Path) -> Environment:
    """Variables with which pip knows nothing but the tiny wheels, and no uv is found."""
    write_wheels(tmp_path / "wheels")
    return {
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels"), "PIP_CONFIG_FILE": "/dev/null",
        "PIP_CONSTRAINT": "", "PIP_EXTRA_INDEX_URL": "", "PATH": "/usr/bin:/bin", "PORTWRIGHT_PYTHON": sys.executable,
    }  # fmt: skip


def fake_python(folder: Path, when_making: str) -> Path:
    """A Python that is one but for `-m venv`, where it does what is said."""
    folder.mkdir(exist_ok=True)
    program = folder / "python3"
    program.write_text(f'#!/bin/sh\nif [ "$2" = venv ]; then\n{when_making}\nfi\nexec {sys.executable} "$@"\n', "utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("The virtual environment was not created successfully because ensurepip is not\navailable.", "python3-venv"),
        ("/usr/bin/python3: No module named venv", "its venv package is missing"),
        ("something else", "ended with status 1"),
    ],
)
def test_what_venv_says_is_explained(
    portwright: Run, tmp_path: Path, offline: Environment, printed: str, said: str
) -> None:
    broken = fake_python(tmp_path / "bin", f"echo '{printed}' >&2; exit 1")
    failed = portwright("env", "create", "env", env={**offline, "PORTWRIGHT_PYTHON": str(broken)})
    assert failed.returncode == 3
    told = " ".join(failed.stderr.split())
    assert said in told and printed.splitlines()[-1].rsplit(maxsplit=1)[-1] in told
    assert "is half made" in told and "Traceback" not in told
    assert json.loads((tmp_path / "env" / "portwright-environment.json").read_text("utf-8"))["finished"] is False


def test_no_network(portwright: Run, tmp_path: Path, offline: Environment) -> None:
    env = {**offline, "PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    failed = portwright("env", "create", "env", env={**env, "PIP_RETRIES": "1", "NO_PROXY": "*"})
    assert failed.returncode == 3
    assert "the package index cannot be reached" in " ".join(failed.stderr.split())
    unfinished = portwright("doctor", "--python", tmp_path / "env" / "bin" / "python", "--json")
    assert "environment.unfinished" in unfinished.stdout
    assert portwright("env", "create", "env", env=offline).returncode == 0


def test_a_version_that_is_not_there(portwright: Run, offline: Environment) -> None:
    failed = portwright("env", "create", "env", "--transformers", "99.0", env=offline)
    assert failed.returncode == 2
    assert "no such version" in " ".join(failed.stderr.split())
    failed = portwright("env", "create", "env", "--json", "--torch", "99.0", env=offline)
    assert failed.returncode == 2 and "no such version" in json.loads(failed.stdout)["error"]["sentence"]


def test_no_python_and_an_old_one(portwright: Run, tmp_path: Path, offline: Environment) -> None:
    missing = portwright("env", "create", "env", env={**offline, "PORTWRIGHT_PYTHON": "/nowhere/python"})
    assert missing.returncode == 3 and "there is no PORTWRIGHT_PYTHON=/nowhere/python" in missing.stderr
    old = tmp_path / "old"
    old.write_text('#!/bin/sh\necho \'{"version": "3.8.1", "path": []}\'\n', "utf-8")
    old.chmod(0o755)
    refused = portwright("env", "create", "env", env={**offline, "PORTWRIGHT_PYTHON": str(old)})
    assert refused.returncode == 3 and "3.10 or newer" in " ".join(refused.stderr.split())
    assert not (tmp_path / "env").exists()


def test_interrupted(program: Path, portwright: Run, tmp_path: Path, offline: Environment) -> None:
    slow = fake_python(tmp_path / "bin", f"touch {tmp_path}/begun; sleep 60")
    env = {**os.environ, **offline, "PORTWRIGHT_PYTHON": str(slow), "PORTWRIGHT_CACHE": str(tmp_path / "cache")}
    with subprocess.Popen(
        [program, "env", "create", "env"], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
    ) as running:
        for _ in range(600):
            if (tmp_path / "begun").exists():
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "interrupted" in told and "half made" in " ".join(told.split())
    assert portwright("env", "create", "env", env=offline).returncode == 0


def test_two_at_once(program: Path, portwright: Run, tmp_path: Path, offline: Environment) -> None:
    slow = fake_python(tmp_path / "bin", f"touch {tmp_path}/begun; sleep 60")
    env = {**os.environ, **offline, "PORTWRIGHT_PYTHON": str(slow)}
    with subprocess.Popen([program, "env", "create", "env"], cwd=tmp_path, env=env, stderr=subprocess.PIPE) as running:
        for _ in range(600):
            if (tmp_path / "begun").exists():
                break
            time.sleep(0.05)
        second = portwright("env", "create", "env", env=offline)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
    assert second.returncode == 2 and str(running.pid) in second.stderr
