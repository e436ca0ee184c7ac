"""`report` renders the files of a run anew from run.json alone; a folder without one is an input error."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from running import REPOSITORY, Run


def test_a_folder_without_a_run_is_refused(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    finished = portwright("report", "empty")
    assert finished.returncode == 2
    assert "empty" in finished.stderr


def test_files_are_made_again(portwright: Run, tmp_path: Path) -> None:
    run = next((REPOSITORY / "tests" / "data" / "report").rglob("*run*.json"))
    (tmp_path / "run").mkdir()
    shutil.copy(run, tmp_path / "run" / "run.json")
    finished = portwright("report", "run")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout
    assert (tmp_path / "run" / "summary.md").stat().st_size > 0
    again = portwright("report", "run", "--json")
    assert json.loads(again.stdout)["schema"] == "portwright.run/1"
