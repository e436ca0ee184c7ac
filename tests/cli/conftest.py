"""Runs the built program as a user does. `PORTWRIGHT_PROGRAM` names another one than build/portwright."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_llama
from at_hub import AtHub
from bad_ports import Bench
from local_hub import LocalHub
from local_hub.families import all_families
from running import REPOSITORY, PortRun, Run, RunPorts, runner


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
    return runner(program, tmp_path)


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
def run_ports(
    program: Path, measured_python: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunPorts:
    """Test the ports of a table with workers that stay: a second each where a run of its own takes five."""

    def run(table: Path, *words: str | Path) -> dict[str, PortRun]:
        out = tmp_path_factory.mktemp("ports")
        done = runner(program, out)(
            "zoo", "--ports", table, "--python", measured_python, "--out", out, *words,
            env={"PORTWRIGHT_CACHE": str(shared_cache)}, timeout=900,
        )  # fmt: skip
        assert done.returncode in (0, 1, 4), done.stdout + done.stderr
        files = list(out.glob("*/run.json"))
        return {file.parent.name: PortRun(file.parent, json.loads(file.read_text("utf-8"))) for file in files}

    return run


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


@pytest.fixture
def families() -> Iterator[LocalHub]:
    """A Hub with six families of repositories, whose lists come in pages."""
    with LocalHub(all_families(), page_size=7) as hub:
        yield hub


@pytest.fixture
def at_hub(portwright: Run, tmp_path: Path, measured_python: Path) -> AtHub:
    """Run a command against a Hub on this machine, with an empty cache for its files."""
    return AtHub(portwright, tmp_path / "hub-home", measured_python)
