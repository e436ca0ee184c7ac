"""On mlx-lm's own ports `lint` finds at most one thing a file on average, and says the same each time."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from running import REPOSITORY, Run


@pytest.fixture(scope="module")
def models(measured_python: Path) -> Path:
    """Give the installed folder of ports."""
    return next(measured_python.parent.parent.glob("lib/python3*/site-packages/mlx_lm/models"))


def test_merged_ports_have_one_finding_a_file_at_most(portwright: Run, models: Path) -> None:
    report = json.loads(portwright("lint", models, "--json").stdout)
    assert report["ports"] > 100
    assert len(report["findings"]) <= report["ports"]
    assert not any(one["rule"] == "syntax" for one in report["findings"])


def test_the_same_ports_give_the_same_words(portwright: Run, models: Path) -> None:
    assert portwright("lint", models).stdout == portwright("lint", models).stdout


def test_judged_findings_are_thirty_and_each_is_judged() -> None:
    text = (REPOSITORY / "docs/lint-judged.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.-]+\.py:\d+)` \| ([\w-]+) \| (.+?) \| (yes|no) \| (.+?) \|$", text, re.M)
    assert len(rows) == 30
