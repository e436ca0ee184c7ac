"""`lint --format github` annotates lines; `--format sarif` is SARIF 2.1.0 in the shape that viewers need."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator
from lint_ports import PRINTS
from running import REPOSITORY, Run

# Of the standard, what a log with results must have, and what code scanning asks beyond it.
RESULT = {
    "type": "object",
    "required": ["ruleId", "level", "message", "locations"],
    "properties": {
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}},
        "locations": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["physicalLocation"],
                "properties": {
                    "physicalLocation": {
                        "type": "object",
                        "required": ["artifactLocation", "region"],
                        "properties": {
                            "artifactLocation": {
                                "required": ["uri"],
                                "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9/._~%:-]+$"}},
                            },
                            "region": {
                                "required": ["startLine", "startColumn"],
                                "properties": {
                                    "startLine": {"type": "integer", "minimum": 1},
                                    "startColumn": {"type": "integer", "minimum": 1},
                                },
                            },
                        },
                    }
                },
            },
        },
    },
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {
                                    "rules": {"type": "array", "items": {"required": ["id", "shortDescription"]}}
                                },
                            }
                        },
                    },
                    "results": {"type": "array", "items": RESULT},
                },
            },
        },
    },
}


def test_github_reads_a_command_for_each_finding(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "port.py").write_text(PRINTS, "utf-8")
    finished = portwright("lint", "port.py", "--format", "github")
    assert finished.returncode == 1
    lines = finished.stdout.splitlines()
    assert [line.split("::")[1] for line in lines] == [
        "warning file=port.py,line=3,col=8,title=unused-import",
        "error file=port.py,line=25,col=9,title=print",
    ]


def test_sarif_has_the_shape_of_the_standard(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "a port.py").write_text(PRINTS, "utf-8")
    log = json.loads(portwright("lint", "a port.py", "--format", "sarif").stdout)
    Draft202012Validator.check_schema(SARIF)
    Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    assert {one["ruleId"] for one in run["results"]} == {one["id"] for one in run["tool"]["driver"]["rules"]}
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20port.py"


def test_a_log_without_findings_is_one_too(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    log = json.loads(portwright("lint", tmp_path / "empty", "--format", "sarif").stdout)
    Draft202012Validator(SARIF).validate(log)
    assert log["runs"][0]["results"] == []


def test_hooks_name_a_command_that_there_is(portwright: Run) -> None:
    text = (REPOSITORY / ".pre-commit-hooks.yaml").read_text("utf-8")
    entries = [line.split(":", 1)[1].split() for line in text.splitlines() if line.strip().startswith("entry:")]
    assert entries == [["portwright", "lint"]] * 2
    assert portwright("lint", "--help").returncode == 0
