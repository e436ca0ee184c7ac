"""rope.sweep: a port whose position embedding is wrong fails with the cause and its config field; a right one passes.

The broken ports of bench/mutants whose rotation is wrong say which cause has to be named first. A seeded sample;
`PORTWRIGHT_SAMPLE_SEED` draws another one, `PORTWRIGHT_SAMPLE_SIZE` a larger one. Right ports without a scaling pass
with all their checks in test_installed_ports.py.
"""

from __future__ import annotations

import os
import random

import mutants
import pytest
from running import Record, RunPorts

RIGHT = ["synthetic:gemma3_text#rope-scaled", "synthetic:olmo2#rope-scaled", "synthetic:qwen3#rope-scaled"]
TWO_LISTS = "synthetic:phi3#rope-scaled"
BROKEN = [mutant for mutant in mutants.load() if mutant.rope]

SIZE = min(len(BROKEN), int(os.environ.get("PORTWRIGHT_SAMPLE_SIZE", "6")))
SAMPLE = random.Random(int(os.environ.get("PORTWRIGHT_SAMPLE_SEED", "0"))).sample(BROKEN, SIZE)


@pytest.fixture(scope="module")
def sweeps(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Record]:
    table = mutants.write_table(SAMPLE, tmp_path_factory.mktemp("rope"), [*RIGHT, TWO_LISTS])
    checks = {}
    for name, run in run_ports(table, "--checks", "rope.sweep").items():
        (checks[name],) = run.record["checks"]
    return checks


@pytest.mark.parametrize("checkpoint", RIGHT)
def test_a_right_port_passes(sweeps: dict[str, Record], checkpoint: str) -> None:
    check = sweeps[checkpoint]
    assert check["verdict"] == "pass", check
    assert "made_up_for" not in check["measured"]
    assert all(embedding["config"] for embedding in check["measured"]["embeddings"]), "as config.json says, too"


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda mutant: mutant.id)
def test_a_broken_port_fails_with_its_cause(sweeps: dict[str, Record], mutant: mutants.Mutant) -> None:
    check = sweeps[mutant.id]
    assert check["verdict"] == "fail", check
    assert check["culprit"]["module"] == mutant.culprit
    assert check["culprit"]["function"] == "rope"
    assert mutant.rope and check["culprit"]["layers"] == mutant.rope["layers"]
    first = check["causes"][0]
    assert (first["name"], first["field"]) == (mutant.causes[0], mutant.rope["field"]), check["causes"]
    assert first["when"] == "always"


def test_one_list_of_longrope_is_wrong_on_one_side_of_the_original_context(sweeps: dict[str, Record]) -> None:
    """mlx-lm's SuScaledRoPE knows the long factors alone; up to the original context transformers takes the short."""
    check = sweeps[TWO_LISTS]
    assert check["verdict"] == "fail"
    (cause,) = check["causes"]
    assert (cause["name"], cause["certainty"]) == ("rope-scaling", "proved")
    assert cause["field"] == "rope_scaling.short_factor"
    assert cause["when"] == "in texts of up to original_max_position_embeddings (16) tokens"
