"""schemas/run.schema.json accepts the runs that reports are tested on, and refuses each single mistake in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "tests/data/report").glob("*/run.json"))
SCHEMA = json.loads((ROOT / "schemas/run.schema.json").read_text(encoding="utf-8"))

Run = dict[str, Any]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """Give what validates a whole run."""
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator(SCHEMA)


@pytest.fixture()
def run() -> Run:
    """Load a failing run with a culprit, a cause and an inconclusive check."""
    return copy.deepcopy(json.loads((ROOT / "tests/data/report/failing/run.json").read_text(encoding="utf-8")))


def check_of(run: Run, check_id: str) -> Run:
    """Find the one record of this id."""
    found: list[Run] = [check for check in run["checks"] if check["id"] == check_id]
    assert len(found) == 1
    return found[0]


def test_there_are_examples() -> None:
    """An empty glob would make the tests below pass without looking at anything."""
    assert len(EXAMPLES) >= 9


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_examples_are_valid(example: Path, validator: Draft202012Validator) -> None:
    """What reports are tested on is what the schema describes."""
    errors = [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(example.read_text("utf-8")))
    ]
    assert errors == []


def broken(where: str, change: Callable[[Run], object]) -> Any:
    """Make a parameter: the JSON path that must be blamed, and the change that breaks a good run there."""
    return pytest.param(where, change, id=where)


@pytest.mark.parametrize(
    ("where", "change"),
    [
        broken("$", lambda run: run.pop("verdict")),
        broken("$.schema", lambda run: run.update(schema="portwright.run/2")),
        broken("$.verdict", lambda run: run.update(verdict="passed")),
        broken("$.verdict", lambda run: run.update(verdict=True)),
        broken("$", lambda run: run.update(score=0.9)),
        broken("$.started", lambda run: run.update(started="yesterday")),
        broken("$.seconds", lambda run: run.update(seconds=-1)),
        broken("$.variants[0].id", lambda run: run["variants"][0].update(id="../out")),
        broken("$.variants[0]", lambda run: run["variants"][0].update(size=1)),
        broken("$.port.sha256", lambda run: run["port"].update(sha256="abc")),
        broken("$.environment.backend", lambda run: run["environment"].update(backend="gpu")),
        broken("$.environment", lambda run: run["environment"].pop("mlx")),
        broken("$.settings.effort", lambda run: run["settings"].update(effort="standard")),
        broken("$.checks[0].id", lambda run: run["checks"][0].update(id="Load weights")),
        broken("$.checks[0].lane", lambda run: run["checks"][0].update(lane="A")),
        broken("$.checks[0].gates", lambda run: run["checks"][0].update(gates="yes")),
        broken("$.checks[0].summary", lambda run: run["checks"][0].update(summary="")),
        broken("$.checks[0].where", lambda run: run["checks"][0].update(where={"place": 1})),
        broken("$.checks[0].conditions", lambda run: run["checks"][0].update(conditions={"weather": "fine"})),
        broken("$.checks[0].evidence[0]", lambda run: run["checks"][0].update(evidence=["/etc/passwd"])),
        broken("$.checks[0].evidence[0]", lambda run: run["checks"][0].update(evidence=["evidence/../../out"])),
        broken("$.checks[0]", lambda run: run["checks"][0].pop("measured")),
        broken("$.checks[0].accepted", lambda run: run["checks"][0].update(accepted=True)),
        broken("$.checks[0].culprit", lambda run: run["checks"][0].update(culprit={"module": "model"})),
        broken("$.checks[5].causes[0].certainty", lambda run: run["checks"][5]["causes"][0].update(certainty="sure")),
        broken(
            "$.checks[5].causes[0].error_removed", lambda run: run["checks"][5]["causes"][0].update(error_removed=2)
        ),
        broken("$.checks[5].culprit", lambda run: run["checks"][5]["culprit"].update(port_line="somewhere")),
    ],
)
def test_one_mistake_is_refused(
    where: str, change: Callable[[Run], object], run: Run, validator: Draft202012Validator
) -> None:
    """Each mistake is found, and at its own place."""
    change(run)
    assert where in {error.json_path for error in validator.iter_errors(run)}


def test_an_inconclusive_check_says_what_would_decide(run: Run, validator: Draft202012Validator) -> None:
    """Not telling is only an answer together with what would tell."""
    greedy = check_of(run, "behaviour.greedy")
    assert greedy["verdict"] == "inconclusive"
    greedy["would_decide"] = None
    assert not validator.is_valid(run)


def test_a_check_that_passed_names_no_culprit(run: Run, validator: Draft202012Validator) -> None:
    """A pass with a culprit would be two verdicts."""
    check_of(run, "parity.modules")["verdict"] = "pass"
    assert not validator.is_valid(run)
