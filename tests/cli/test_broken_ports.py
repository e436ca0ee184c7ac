"""Each broken port fails its run, with the culprit that tests/data/mutants.json names.

A seeded sample; bench/mutants runs them all. `PORTWRIGHT_SAMPLE_SEED` draws another one, `PORTWRIGHT_SAMPLE_SIZE` a
larger one.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

import pytest
from running import REPOSITORY, Run

sys.path.insert(0, str(REPOSITORY / "tests"))
import mutants

SAMPLED = int(os.environ.get("PORTWRIGHT_SAMPLE_SIZE", "12"))


def sample() -> list[mutants.Mutant]:
    """Broken ports of synthetic checkpoints, at least one seen by each check that can see any."""
    everything = [mutant for mutant in mutants.load() if mutant.checkpoint.startswith("synthetic:")]
    seed = int(os.environ.get("PORTWRIGHT_SAMPLE_SEED", "0"))
    drawn = random.Random(seed).sample(everything, min(SAMPLED, len(everything)))
    for check in ("load", "dtype", "parity.modules"):
        if not any(check in mutant.checks for mutant in drawn):
            drawn.append(next(mutant for mutant in everything if check in mutant.checks))
    return drawn


@pytest.mark.parametrize("mutant", sample(), ids=lambda mutant: mutant.id)
def test_a_broken_port_fails_with_its_culprit(
    portwright: Run, measured_python: Path, shared_cache: Path, tmp_path: Path, mutant: mutants.Mutant
) -> None:
    port = mutants.write(mutant, tmp_path / "port")
    words = mutants.words(mutant, port, measured_python)
    done = portwright(*words, env={"PORTWRIGHT_CACHE": str(shared_cache)}, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    assert mutants.complaint(mutant, json.loads(done.stdout)) == ""
