"""With --json, standard output holds one JSON document and nothing else, also where the command is refused."""

from __future__ import annotations

import json

from running import Run


def test_checks_are_one_document(portwright: Run) -> None:
    finished = portwright("checks", "--json")
    assert finished.returncode == 0
    checks = json.loads(finished.stdout)["checks"]
    assert {"id", "lane", "question", "cost", "effort", "needs", "gates"} == set(checks[0])
    assert {"load", "tokens", "dtype", "parity.logits", "parity.modules"} <= {check["id"] for check in checks}


def test_a_refusal_is_a_document(portwright: Run) -> None:
    finished = portwright("checks", "nothing.like.it", "--json")
    assert finished.returncode == 2
    error = json.loads(finished.stdout)["error"]
    assert error["fault"] == "input"
    assert "nothing.like.it" in error["sentence"]
    assert "nothing.like.it" in finished.stderr


def test_a_mistyped_option_is_a_document(portwright: Run) -> None:
    finished = portwright("doctor", "--json", "--pyton=x")
    assert finished.returncode == 2
    assert json.loads(finished.stdout)["error"]["remedy"] == "did you mean '--python'?"
