"""Running the script that a failed check leaves, as a reviewer does."""

from __future__ import annotations

import subprocess
from pathlib import Path

MOST_LINES = 40


def run_script(python: Path, script: Path) -> subprocess.CompletedProcess[str]:
    """The script as a reviewer runs it, from another folder."""
    assert len(script.read_text("utf-8").splitlines()) <= MOST_LINES
    return subprocess.run(
        [python, script], cwd=script.parents[1], capture_output=True, text=True, timeout=300, check=False
    )


def printed_by(python: Path, script: Path) -> dict[str, str]:
    """The last line of each first word."""
    done = run_script(python, script)
    assert done.returncode == 0, done.stderr
    return dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if " " in line)
