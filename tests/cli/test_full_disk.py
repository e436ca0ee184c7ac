"""Standard output that cannot be written is told, with status 3."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_behind_standard_output(program: Path) -> None:
    with Path("/dev/full").open("w") as full:
        finished = subprocess.run([program, "checks"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert finished.returncode == 3
    assert "standard output could not be written" in finished.stderr
