"""Each broken port fails its run, with the culprit that bench/mutants names.

A seeded sample; bench/mutants/run measures them all. `PORTWRIGHT_SAMPLE_SEED` draws another one,
`PORTWRIGHT_SAMPLE_SIZE` a larger one.
"""

from __future__ import annotations

import os
import random

import mutants
import pytest
from running import PortRun, RunPorts

SAMPLED = int(os.environ.get("PORTWRIGHT_SAMPLE_SIZE", "12"))


def sample() -> list[mutants.Mutant]:
    """Broken ports of synthetic checkpoints, at least one seen by each check that can see any."""
    known = [mutant for mutant in mutants.load() if not mutant.missed]
    everything = [mutant for mutant in known if mutant.checkpoint.startswith("synthetic:")]
    seed = int(os.environ.get("PORTWRIGHT_SAMPLE_SEED", "0"))
    drawn = random.Random(seed).sample(everything, min(SAMPLED, len(everything)))
    for check in ("load", "dtype", "parity.modules"):
        if not any(check in mutant.checks for mutant in drawn):
            drawn.append(next(mutant for mutant in everything if check in mutant.checks))
    return drawn


@pytest.fixture(scope="module")
def runs(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PortRun]:
    table = mutants.write_table(sample(), tmp_path_factory.mktemp("broken"))
    return run_ports(table, "--effort", "quick", "--skip", "behaviour.*,canary")


@pytest.mark.parametrize("mutant", sample(), ids=lambda mutant: mutant.id)
def test_a_broken_port_fails_with_its_culprit(runs: dict[str, PortRun], mutant: mutants.Mutant) -> None:
    assert mutants.complaint(mutant, runs[mutant.id].record) == ""
