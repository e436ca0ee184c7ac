"""`lint` names place, rule and reason; its exit status says whether an error was found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from lint_ports import PRINTS, RIGHT
from running import REPOSITORY, Run

SCHEMA = json.loads((REPOSITORY / "schemas/lint.schema.json").read_text("utf-8"))


@pytest.fixture
def ports(tmp_path: Path) -> Path:
    """Give a folder with a right port, one that prints, and a helper."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "right.py").write_text(RIGHT, "utf-8")
    (folder / "prints.py").write_text(PRINTS, "utf-8")
    (folder / "base.py").write_text("class BaseModelArgs:\n    pass\n", "utf-8")
    return folder


def test_a_right_port_has_no_finding(portwright: Run, ports: Path) -> None:
    finished = portwright("lint", ports / "right.py", "--severity", "note", "--skip", "tie-ignored")
    assert (finished.returncode, finished.stdout) == (0, "1 port looked at: 0 errors, 0 warnings\n")


def test_a_finding_has_its_place_and_a_fix(portwright: Run, ports: Path) -> None:
    finished = portwright("lint", "models/prints.py")
    assert finished.returncode == 1
    lines = finished.stdout.splitlines()
    assert lines[0].split(maxsplit=3) == [
        "models/prints.py:3:8",
        "warning",
        "unused-import",
        "math is imported and not used",
    ]
    assert lines[2].split(maxsplit=3) == ["models/prints.py:25:9", "error", "print", "a port prints"]
    assert lines[-1] == "1 port looked at: 1 error, 1 warning"


def test_json_follows_its_schema(portwright: Run, ports: Path) -> None:
    finished = portwright("lint", ports, "--json")
    report = json.loads(finished.stdout)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(report)
    assert (report["ports"], report["others"]) == (2, 1)
    assert [one["rule"] for one in report["findings"]] == ["unused-import", "print"]
    assert report["counts"] == {"error": 1, "warning": 1, "note": 0}


def test_the_exit_status_is_what_fail_on_asks(portwright: Run, ports: Path) -> None:
    port = ports / "prints.py"
    assert portwright("lint", port, "--skip", "print").returncode == 0
    assert portwright("lint", port, "--skip", "print", "--fail-on", "warning").returncode == 1
    assert portwright("lint", port, "--rules", "unused-*,syntax", "--severity", "error").returncode == 0


def test_a_comment_leaves_a_line_alone(portwright: Run, ports: Path) -> None:
    (ports / "prints.py").write_text(
        PRINTS.replace("print(inputs)", "print(inputs)  # portwright: ignore[print]"), "utf-8"
    )
    assert portwright("lint", ports / "prints.py").returncode == 0


def test_a_file_that_is_no_port_is_said_to_be_none(portwright: Run, ports: Path) -> None:
    finished = portwright("lint", ports / "base.py")
    assert finished.returncode == 0
    assert "no-port" in finished.stdout


def test_a_syntax_error_has_a_place_and_a_caret(portwright: Run, ports: Path) -> None:
    (ports / "broken.py").write_text("class Model:\n    def f(self:\n        return 1\n", "utf-8")
    finished = portwright("lint", "models/broken.py")
    assert finished.returncode == 1
    lines = finished.stdout.splitlines()
    place = lines[0].split()[0].split(":")
    assert place[:2] == ["models/broken.py", "2"]
    assert lines[1] == "        def f(self:"
    assert lines[2].index("^") == 4 + int(place[2]) - 1


def test_rules_are_listed_and_explained(portwright: Run) -> None:
    rules = json.loads(portwright("lint", "--list", "--json").stdout)["rules"]
    text = portwright("lint", "--list").stdout
    for rule in rules:
        assert rule["id"] in text
    explained = portwright("lint", "--explain", "module-state").stdout
    for word in ("module-state", "#116", "wrong:", "right:", "portwright: ignore[module-state]"):
        assert word in explained


def test_unknown_rules_are_refused_with_the_nearest(portwright: Run, ports: Path) -> None:
    finished = portwright("lint", "--explain", "module-stat")
    assert finished.returncode == 2
    assert "module-state" in finished.stderr
    assert portwright("lint", ports, "--rules", "nothing-*").returncode == 2
    assert portwright("lint").returncode == 2
    assert portwright("lint", ports, "--format", "markdown").returncode == 2
