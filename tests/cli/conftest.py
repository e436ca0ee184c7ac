"""Runs the built program as a user does. `PORTWRIGHT_PROGRAM` names another one than build/portwright."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import tiny_llama
from bad_ports import Bench
from running import REPOSITORY, Run


@pytest.fixture(scope="session")
def program() -> Path:
    """The built program; its absence is a failure, not a skip."""
    path = Path(os.environ.get("PORTWRIGHT_PROGRAM", REPOSITORY / "build" / "portwright"))
    if not path.exists():
        pytest.fail(f"{path} is not built")
    return path


@pytest.fixture
def portwright(program: Path, tmp_path: Path) -> Run:
    """Run the program in an empty folder with a cache of its own; keywords: `env` to add, `timeout` in seconds."""

    def run(
        *words: str | Path, env: dict[str, str] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
        return subprocess.run(
            [program, *words],
            cwd=tmp_path,
            env={**inherited, "PORTWRIGHT_CACHE": str(tmp_path / "cache"), "COLUMNS": "100", **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def measured_python() -> Path:
    """An interpreter with both libraries: `PORTWRIGHT_TEST_PYTHON`, else the repository's .venv."""
    path = Path(os.environ.get("PORTWRIGHT_TEST_PYTHON", REPOSITORY / ".venv" / "bin" / "python"))
    if not path.exists():
        pytest.fail(f"{path} is not there")
    return path


@pytest.fixture(scope="session")
def shared_cache() -> Path:
    """A cache that tests share, and the next run of the tests too: checkpoints and the reference's answers."""
    folder = REPOSITORY / "build" / "test-cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny checkpoint and the cache that runs of bad ports share."""
    folder = tmp_path_factory.mktemp("bad-ports")
    tiny_llama.write(folder / "tiny")
    return folder


@pytest.fixture
def bench(portwright: Run, tmp_path: Path, shared_folder: Path, measured_python: Path) -> Bench:
    """What a test of a bad port needs; see Bench."""
    source = tiny_llama.installed_port(measured_python)
    return Bench(portwright, tmp_path, measured_python, shared_folder / "tiny", shared_folder / "cache", source)
