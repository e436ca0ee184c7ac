"""`lint --format-check` asks black and isort in the versions that the checkout pins, and says where it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lint_ports import checkout
from running import Run

CONFIG = """repos:
-   repo: https://github.com/psf/black-pre-commit-mirror
    rev: 25.1.0
    hooks:
    -   id: black
-   repo: https://github.com/pycqa/isort
    rev: 6.0.0
    hooks:
    -   id: isort
        args:
            - --profile=black
"""

PATCH = "--- a\n+++ b\n@@ -3,4 +3,4 @@\n kept\n-old\n+new\n"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Give the folder of ports of a checkout that pins its formatters."""
    folder = checkout(tmp_path / "mlx-lm")
    (tmp_path / "mlx-lm" / ".pre-commit-config.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "bin").mkdir()
    return folder


def formatter(folder: Path, name: str, version: str, patch: str) -> None:
    """Write a program that knows its version and what it would change, and notes what it is asked."""
    script = folder / name
    script.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{name}, {version} (compiled: yes)"; exit; fi\n'
        f"echo \"$@\" >>'{folder}/{name}.asked'\ncat <<'E'\n{patch}E\n",
        "utf-8",
    )
    script.chmod(0o755)


def report(portwright: Run, models: Path, folder: Path) -> dict[str, Any]:
    """What a lint with these formatters says."""
    words = (
        "lint",
        models / "known.py",
        "--format-check",
        "--rules",
        "format",
        "--python",
        folder / "python",
        "--json",
    )
    document: dict[str, Any] = json.loads(portwright(*words).stdout)
    return document


def test_what_would_change_is_found_at_its_line(portwright: Run, models: Path, tmp_path: Path) -> None:
    formatter(tmp_path / "bin", "black", "25.1.0", PATCH)
    formatter(tmp_path / "bin", "isort", "6.0.0", "")
    found = report(portwright, models, tmp_path / "bin")
    assert found["notes"] == []
    assert [(one["line"], one["sentence"]) for one in found["findings"]] == [(4, "black would change this")]
    assert "--profile=black" in (tmp_path / "bin" / "isort.asked").read_text("utf-8")


def test_another_version_is_not_asked(portwright: Run, models: Path, tmp_path: Path) -> None:
    formatter(tmp_path / "bin", "black", "24.8.0", PATCH)
    formatter(tmp_path / "bin", "isort", "6.0.0", "")
    found = report(portwright, models, tmp_path / "bin")
    assert found["findings"] == []
    assert found["notes"] == ["black was not asked: it is 24.8.0, and upstream pins 25.1.0 (pip install black==25.1.0)"]


def test_a_missing_one_is_said_to_be_missing(portwright: Run, models: Path, tmp_path: Path) -> None:
    found = report(portwright, models, tmp_path / "bin")
    assert [note.split(":")[0] for note in found["notes"]] == ["black was not asked", "isort was not asked"]


def test_without_the_option_nothing_is_asked(portwright: Run, models: Path, tmp_path: Path) -> None:
    formatter(tmp_path / "bin", "black", "25.1.0", PATCH)
    portwright("lint", models / "known.py", env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
    assert not (tmp_path / "bin" / "black.asked").exists()
