"""rope.sweep: a port whose position embedding is wrong fails with the cause and its config field; a right one passes.

tests/data/rope_mutants.json holds the broken ports, in the style of tests/data/mutants.json, with the cause that has
to be named first. A seeded sample; `PORTWRIGHT_SAMPLE_SEED` draws another one, `PORTWRIGHT_SAMPLE_SIZE` a larger one.
Right ports without a scaling pass with all their checks in test_installed_ports.py.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import REPOSITORY, Run

sys.path.insert(0, str(REPOSITORY / "tests"))
import mutants

DATA = json.loads((REPOSITORY / "tests" / "data" / "rope_mutants.json").read_text(encoding="utf-8"))["mutants"]
RIGHT = ["synthetic:gemma3_text#rope-scaled", "synthetic:olmo2#rope-scaled", "synthetic:qwen3#rope-scaled"]

SIZE = min(len(DATA), int(os.environ.get("PORTWRIGHT_SAMPLE_SIZE", "6")))
SAMPLE = random.Random(int(os.environ.get("PORTWRIGHT_SAMPLE_SEED", "0"))).sample(DATA, SIZE)

# What the check says of a checkpoint, with the installed port or another one.
Sweep = Callable[..., dict[str, Any]]


@pytest.fixture
def sweep(portwright: Run, measured_python: Path, shared_cache: Path) -> Sweep:
    def run(checkpoint: str, port: Path | None = None) -> dict[str, Any]:
        words = ["test", checkpoint, "--checks", "rope.sweep", "--python", measured_python, "--json"]
        words += [] if port is None else ["--port", port]
        done = portwright(*words, env={"PORTWRIGHT_CACHE": str(shared_cache)}, timeout=300)
        assert done.returncode in (1, 4), done.stdout + done.stderr  # a part of a run is undecided at best
        (check,) = json.loads(done.stdout)["checks"]
        assert check["id"] == "rope.sweep"
        return dict(check)

    return run


@pytest.mark.parametrize("checkpoint", RIGHT)
def test_a_right_port_passes(sweep: Sweep, checkpoint: str) -> None:
    check = sweep(checkpoint)
    assert check["verdict"] == "pass", check
    assert "made_up_for" not in check["measured"]
    assert all(embedding["config"] for embedding in check["measured"]["embeddings"]), "as config.json says, too"


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda mutant: str(mutant["id"]))
def test_a_broken_port_fails_with_its_cause(sweep: Sweep, tmp_path: Path, mutant: dict[str, Any]) -> None:
    text = (mutants.installed_models() / mutant["file"]).read_text(encoding="utf-8")
    assert text.count(mutant["search"]) == 1
    port = tmp_path / mutant["file"]
    port.write_text(text.replace(mutant["search"], mutant["replace"]), encoding="utf-8")
    check = sweep(mutant["checkpoint"], port)
    assert check["verdict"] == "fail", check
    assert check["culprit"]["module"] == "model.layers.*.self_attn"
    assert check["culprit"]["function"] == "rope"
    assert check["culprit"]["layers"] == mutant["layers"]
    first = check["causes"][0]
    assert (first["name"], first["field"]) == (mutant["cause"], mutant["field"]), check["causes"]
    assert first["when"] == "always"


def test_one_list_of_longrope_is_wrong_on_one_side_of_the_original_context(sweep: Sweep) -> None:
    """mlx-lm's SuScaledRoPE knows the long factors alone; up to the original context transformers takes the short."""
    check = sweep("synthetic:phi3#rope-scaled")
    assert check["verdict"] == "fail"
    (cause,) = check["causes"]
    assert (cause["name"], cause["certainty"]) == ("rope-scaling", "proved")
    assert cause["field"] == "rope_scaling.short_factor"
    assert cause["when"] == "in texts of up to original_max_position_embeddings (16) tokens"
