"""`checks` prints what the battery can ask; `checks ID` what one check costs and needs."""

from __future__ import annotations

import json

from running import Run


def test_all_are_listed_with_their_question(portwright: Run) -> None:
    checks = json.loads(portwright("checks", "--json").stdout)["checks"]
    text = " ".join(portwright("checks").stdout.split())
    for check in checks:
        assert f"{check['id']} {check['question']}" in text


def test_one_tells_its_cost_and_gate(portwright: Run) -> None:
    text = portwright("checks", "parity.modules").stdout
    assert text.startswith("parity.modules: ")
    for word in ("lane", "cost", "needs", "gates   yes"):
        assert word in text
