"""In a checkout of mlx-lm `lint` also finds a missing test and changed shared files, with whom they concern."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lint_ports import RIGHT, checkout, git
from running import Run


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Give the folder of ports of a checkout, with a new port on a branch."""
    folder = checkout(tmp_path / "mlx-lm")
    git(tmp_path / "mlx-lm", "checkout", "--quiet", "-b", "new-model")
    (folder / "fresh.py").write_text(RIGHT, "utf-8")
    return folder


def findings(portwright: Run, *words: str | Path) -> list[dict[str, Any]]:
    """What is found, without what the text of the port says."""
    report = json.loads(portwright("lint", *words, "--rules", "shared-file,test-entry", "--json").stdout)
    assert report["notes"] == []
    found: list[dict[str, Any]] = report["findings"]
    return found


def test_a_port_without_a_test_is_found_and_one_with_it_is_not(portwright: Run, models: Path) -> None:
    (found,) = findings(portwright, models / "fresh.py")
    assert found["rule"] == "test-entry"
    assert findings(portwright, models / "known.py") == []


def test_a_changed_shared_file_says_which_ports_it_concerns(portwright: Run, models: Path) -> None:
    (models / "base.py").write_text("class BaseModelArgs:\n    x = 1\n", "utf-8")
    (found,) = findings(portwright, models / "known.py")
    assert (found["rule"], found["line"]) == ("shared-file", 2)
    assert Path(found["file"]).name == "base.py"
    assert "2 other ports import it: fresh and other" in found["sentence"]


def test_a_commit_on_the_branch_counts_too(portwright: Run, models: Path) -> None:
    (models / "other.py").write_text(RIGHT + "\n\nx = 1\n", "utf-8")
    git(models, "commit", "--quiet", "--all", "--message", "mine")
    (found,) = findings(portwright, models / "known.py")
    assert Path(found["file"]).name == "other.py"
    assert findings(portwright, models / "known.py", models / "other.py") == []


def test_a_new_row_of_the_remapping_is_left_alone(portwright: Run, models: Path) -> None:
    utils = models.parent / "utils.py"
    text = utils.read_text("utf-8")
    utils.write_text(text.replace("}", '    "fresher": "known",\n}'), "utf-8")
    assert findings(portwright, models / "known.py") == []
    utils.write_text(text + "\n\ndef f():\n    pass\n", "utf-8")
    (found,) = findings(portwright, models / "known.py")
    assert "every model runs through it" in found["sentence"]


def test_git_runs_nothing_that_the_repository_names(portwright: Run, models: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    hostile.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", "utf-8")
    hostile.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.x.textconv", "core.pager"):
        git(models, "config", name, str(hostile))
    (models.parent.parent / ".gitattributes").write_text("*.py diff=x\n", "utf-8")
    (models / "base.py").write_text("class BaseModelArgs:\n    x = 1\n", "utf-8")
    (tmp_path / "ran").unlink(missing_ok=True)  # git itself ran it while the test wrote its settings
    assert len(findings(portwright, models / "known.py")) == 1
    assert not (tmp_path / "ran").exists()


def test_without_git_a_note_says_so(portwright: Run, models: Path, tmp_path: Path) -> None:
    report = json.loads(portwright("lint", models / "known.py", "--json", env={"PATH": str(tmp_path)}).stdout)
    assert len(report["notes"]) == 1
    assert "shared files were not looked for" in report["notes"][0]
