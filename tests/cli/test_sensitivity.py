"""Parity checks say what they would have seen: known faults are put into the reference and judged by their own rule."""

from __future__ import annotations

from typing import Any

import mutants
import pytest
from running import Record, RunPorts

RIGHT = ("synthetic:llama", "synthetic:llama#biased")
FAULTS = ["scale", "eps", "theta", "bias"]


@pytest.fixture(scope="module")
def runs(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Record]:
    table = mutants.write_table([], tmp_path_factory.mktemp("sensitivity"), RIGHT)
    done = run_ports(table, "--effort", "quick", "--checks", "load,parity.logits,parity.native")
    return {name: run.record for name, run in done.items()}


def faults_of(record: Record, check: str) -> dict[str, dict[str, Any]]:
    (found,) = [one for one in record["checks"] if one["id"] == check]
    assert found["verdict"] == "pass", found
    faults = found["sensitivity"]["faults"]
    assert [fault["fault"] for fault in faults] == FAULTS
    return {fault["fault"]: fault for fault in faults}


@pytest.mark.parametrize("name", RIGHT)
def test_float32_sees_every_fault_that_the_model_can_have(runs: dict[str, Record], name: str) -> None:
    faults = faults_of(runs[name], "parity.logits")
    for fault in FAULTS if "#biased" in name else FAULTS[:3]:
        assert faults[fault]["caught"] and faults[fault]["value"] > 10 and faults[fault]["injected"] > 0, faults
    if "#biased" not in name:
        assert faults["bias"]["injected"] == 0 and "caught" not in faults["bias"], "there is no bias to drop"


@pytest.mark.parametrize("name", RIGHT)
def test_the_native_dtype_tells_what_it_would_have_seen(runs: dict[str, Record], name: str) -> None:
    faults = faults_of(runs[name], "parity.native")
    assert faults["scale"]["caught"] and faults["scale"]["value"] > 1.5, "on the reference's input it does not drown"
    for fault in faults.values():
        assert ("caught" in fault) == (fault["injected"] > 0) == ("value" in fault)


def test_a_check_that_runs_alone_tells_it_in_the_report(
    run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = mutants.write_table([], tmp_path_factory.mktemp("native"), RIGHT[:1])
    run = run_ports(table, "--effort", "quick", "--checks", "parity.native")[RIGHT[0]]
    summary = (run.folder / "summary.md").read_text("utf-8")
    assert "- attention scale 1 % off: seen, `rho` " in summary
    assert "- one bias of a middle layer dropped: nothing to change in this model" in summary
