"""The broken ports that other tests use are what they claim: one place changed, and the change is felt."""

from __future__ import annotations

import importlib.metadata
import os
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import mutants
import numpy
import pytest
from forwards import as_float32, load_port, port_logits, random_ids, relative_l2
from portwright_probes.checkpoints.synthetic import synthesize

EVERY = [*mutants.load(mutants.KNOWN), *mutants.load(mutants.UNSEEN)]
SYNTHETIC = [mutant for mutant in EVERY if mutant.checkpoint.startswith("synthetic:")]
SEED = int(os.environ.get("PORTWRIGHT_SAMPLE_SEED", "0"))
SAMPLE = random.Random(SEED).sample(SYNTHETIC, int(os.environ.get("PORTWRIGHT_SAMPLE_SIZE", "24")))
CHECKS = {"load", "dtype", "parity.logits", "parity.modules", "rope.sweep"}
IDS = random_ids(64)
FELT = 1e-4

pytestmark = pytest.mark.skipif(
    importlib.metadata.version("mlx_lm") != mutants.tested_version(),
    reason="the searches are written for another version of mlx-lm",
)


def named_causes() -> set[str]:
    """The rows of docs/causes.md, rotations too."""
    text = (Path(__file__).parents[2] / "docs" / "causes.md").read_text(encoding="utf-8")
    return set(re.findall(r"^(?:\| |- )`([a-z-]+)`", text, re.MULTILINE))


def name(mutant: mutants.Mutant) -> str:
    return mutant.id


class Port:
    """The installed port on one checkpoint: its float32 logits and its native output dtype."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logits: numpy.ndarray = as_float32(port_logits(load_port(folder), IDS))

    def native_dtype(self, port_file: Path | None = None) -> Any:
        return port_logits(load_port(self.folder, "native", port_file), IDS[:4]).dtype


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Port]:
    made: dict[str, Port] = {}
    for checkpoint in sorted({mutant.checkpoint for mutant in SAMPLE}):
        model_type, _, variant = checkpoint.removeprefix("synthetic:").partition("#")
        folder = tmp_path_factory.mktemp("synthetic") / checkpoint
        synthesize(model_type, variant or None, 0, folder)
        made[checkpoint] = Port(folder)
    return made


@pytest.mark.parametrize("mutant", EVERY, ids=name)
def test_its_data_are_well_formed(mutant: mutants.Mutant, tmp_path: Path) -> None:
    written = mutants.write(mutant, tmp_path).read_text()
    assert written != (mutants.installed_models() / mutant.file).read_text()
    compile(written, mutant.file, "exec")
    assert set(mutant.checks) <= CHECKS and mutant.checks
    for culprit in (mutant.culprit, *mutant.also_right):
        assert re.fullmatch(r"\(root\)|[a-z_]+(\.(\*|[a-z_0-9]+))*", culprit), culprit
    assert mutant.causes or set(mutant.checks) <= {"load", "dtype"}
    assert {cause for cause in mutant.causes if not cause.startswith("other: ")} <= named_causes()


@pytest.mark.parametrize("mutant", SAMPLE, ids=name)
def test_it_is_felt_where_it_says(mutant: mutants.Mutant, ports: dict[str, Port], tmp_path: Path) -> None:
    port = ports[mutant.checkpoint]
    broken = mutants.write(mutant, tmp_path)
    if mutant.checks == ("load",):
        with pytest.raises(ValueError, match="parameters"):
            load_port(port.folder, port_file=broken)
        return
    change = relative_l2(as_float32(port_logits(load_port(port.folder, port_file=broken), IDS)), port.logits)
    if mutant.checks == ("dtype",):
        assert change == 0
        assert port.native_dtype(broken) != port.native_dtype()
    elif "parity.logits" in mutant.checks:
        assert change > FELT


def test_ids_are_unique_and_types_are_covered() -> None:
    assert max(Counter(mutant.id for mutant in EVERY).values()) == 1
    assert len(EVERY) >= 120
    assert len({mutant.model_type for mutant in EVERY}) >= 15
    assert len({mutant.bug_class for mutant in EVERY}) >= 20
    assert any(mutant.checkpoint == "builtin:smollm2" for mutant in EVERY), "real weights"


def test_a_search_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / EVERY[0].file).write_text("another version")
    with pytest.raises(ValueError, match="occurs 0 times"):
        mutants.write(EVERY[0], tmp_path / "out", tmp_path / "models")
