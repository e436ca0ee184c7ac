"""Where a port multiplies behind an embedding what the reference multiplies within it, other bugs are still found.

Gemma 4's per-layer embedding is such a boundary, and the token embedding another: handing the port the reference's
arrays there makes the model wrong. Which of them is wrong by itself is told apart.
"""

from __future__ import annotations

import mutants
import pytest
from running import PortRun, RunPorts

IDS = ("gemma4-per-layer-gate-gelu", "gemma4-per-layer-embedding-not-scaled")


def chosen() -> list[mutants.Mutant]:
    """One bug far behind the boundaries, and one at them."""
    everything = [*mutants.load(), *mutants.load(mutants.UNSEEN)]
    return [mutant for mutant in everything if mutant.id in IDS]


@pytest.fixture(scope="module")
def runs(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PortRun]:
    table = mutants.write_table(chosen(), tmp_path_factory.mktemp("moved"), ["synthetic:gemma4_text"])
    return run_ports(table, "--effort", "quick", "--skip", "behaviour.*,canary")


@pytest.mark.parametrize("mutant", chosen(), ids=lambda mutant: mutant.id)
def test_a_bug_beside_a_moved_boundary_is_found(runs: dict[str, PortRun], mutant: mutants.Mutant) -> None:
    record = runs[mutant.id].record
    assert mutants.complaint(mutant, record) == ""
    assert mutants.has_cause(mutant, record)


def test_the_installed_port_passes(runs: dict[str, PortRun]) -> None:
    assert runs["synthetic:gemma4_text"].record["verdict"] == "pass"


def test_operands_that_a_function_makes_the_right_thing_of_stay_the_ports(
    run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # llama4 normalises its keys elsewhere, and its router hands out something else: two boundaries at once.
    table = mutants.write_table([], tmp_path_factory.mktemp("operands"), ["synthetic:llama4"])
    runs = run_ports(table, "--effort", "quick", "--skip", "behaviour.*,canary", "--seed", "1")
    assert runs["synthetic:llama4"].record["verdict"] == "pass"
