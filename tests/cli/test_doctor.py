"""`doctor` tells what a run needs, with the command that mends it; status 0 where a run is possible, 3 where not."""

from __future__ import annotations

import json
from pathlib import Path
from venv import EnvBuilder

import pytest
from running import Run


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """An interpreter without any package."""
    EnvBuilder(with_pip=False, symlinks=True).create(tmp_path / "bare")
    return tmp_path / "bare" / "bin" / "python"


def findings_of(text: str) -> dict[str, dict[str, str]]:
    return {finding["id"]: finding for finding in json.loads(text)["findings"]}


def test_the_tested_set_is_usable(portwright: Run, measured_python: Path) -> None:
    finished = portwright("doctor", "--python", measured_python, "--json")
    findings = findings_of(finished.stdout)
    missing = [finding for finding in findings.values() if finding["level"] == "missing"]
    assert (finished.returncode, missing) == (0, [])
    for package in ("torch", "transformers", "mlx", "mlx-lm"):
        assert findings[f"package.{package}"]["level"] == "ok", findings[f"package.{package}"]
    for other in ("python", "probes", "blas", "memory", "disk.cache", "disk.temporary", "cache", "sandbox", "backend"):
        assert other in findings


def test_a_python_without_mlx_is_not_usable_and_says_the_command(portwright: Run, bare_python: Path) -> None:
    finished = portwright("doctor", "--python", bare_python, "--json")
    assert finished.returncode == 3
    assert json.loads(finished.stdout)["usable"] is False
    mlx = findings_of(finished.stdout)["package.mlx"]
    assert mlx["level"] == "missing"
    assert f"{bare_python} -m pip install mlx==" in mlx["remedy"]


def test_the_text_names_every_finding_and_ends_with_the_sum(portwright: Run, bare_python: Path) -> None:
    ids = findings_of(portwright("doctor", "--python", bare_python, "--json").stdout)
    finished = portwright("doctor", "--python", bare_python)
    assert finished.returncode == 3
    lines = finished.stdout.splitlines()
    for name in ids:
        assert any(line.startswith(f"  {name} ") for line in lines), name
    assert lines[-1].startswith("not usable: ")
    assert "\x1b" not in finished.stdout


@pytest.mark.parametrize("name", ["/nowhere/python", "/dev/null"])
def test_what_is_no_interpreter_is_a_wrong_option(portwright: Run, name: str) -> None:
    finished = portwright("doctor", "--python", name)
    assert finished.returncode == 2
    assert name in finished.stderr


def test_another_program_is_no_interpreter(portwright: Run) -> None:
    assert portwright("doctor", "--python", "/bin/true").returncode == 2


def test_the_choice_is_explained(portwright: Run, bare_python: Path, measured_python: Path) -> None:
    # The active environment has no mlx-lm: it is passed over, and that is told.
    environment = {"VIRTUAL_ENV": str(bare_python.parent.parent), "PATH": f"{measured_python.parent}:/usr/bin:/bin"}
    python = json.loads(portwright("doctor", "--json", env=environment).stdout)["python"]
    assert python["why"]
    assert any(str(bare_python.parent) in row["executable"] for row in python["rejected"])
    assert all(row["why"] for row in python["rejected"])
