"""An interpreter without mlx-lm is refused with the command that mends it; a broken installation is told as such."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bad_ports import Bench


@pytest.fixture
def empty_python(tmp_path: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "empty"], check=True)
    return tmp_path / "empty" / "bin" / "python"


def test_without_mlx_lm_the_command_that_mends_it(bench: Bench, empty_python: Path) -> None:
    finished = bench.run(
        "test", bench.checkpoint, "--reference-python", bench.python, "--port-python", empty_python, "--out", "run"
    )
    assert finished.returncode == 2
    told = " ".join(finished.stderr.split())  # it is wrapped to the width of the terminal
    assert f"{empty_python} has no mlx-lm" in told
    assert f"{empty_python} -m pip install mlx-lm" in told


def test_an_installation_that_cannot_be_imported(bench: Bench, empty_python: Path) -> None:
    [site] = (empty_python.parent.parent / "lib").glob("python3*/site-packages")
    (site / "mlx_lm-0.32.2.dist-info").mkdir()
    (site / "mlx_lm-0.32.2.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: mlx-lm\nVersion: 0.32.2\n")
    finished = bench.run(
        "test", bench.checkpoint, "--reference-python", bench.python, "--port-python", empty_python, "--out", "run",
        "--checks", "load", env=bench.environment(),
    )  # fmt: skip
    assert finished.returncode == 3, finished.stderr
    assert "No module named" in finished.stderr
    assert "Traceback" not in finished.stderr
