"""The scripts of the checks beside the forward: position embeddings, written text, quantization."""

from __future__ import annotations

from pathlib import Path

import mutants
import pytest
from repro_runs import printed_by
from running import PortRun, Record, RunPorts

# What fails in each broken port.
CHECKS = {
    "llama-rope-theta": ["rope.sweep", "behaviour.greedy", "behaviour.long"],
    "llama-float32-norm": ["quant.4bit"],
}
CHOSEN = [(name, check) for name, checks in CHECKS.items() for check in checks]


@pytest.fixture(scope="module")
def runs(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PortRun]:
    chosen = [mutant for mutant in mutants.load() if mutant.id in CHECKS]
    table = mutants.write_table(chosen, tmp_path_factory.mktemp("broken"))
    wanted = sorted({check for _, check in CHOSEN})
    return run_ports(table, "--effort", "default", "--checks", ",".join(wanted))


def recorded(record: Record) -> dict[str, float]:
    """What the script prints, as the record has it."""
    measured = record["measured"]
    return {
        "rope.sweep": {"angle": (measured.get("shown_by") or {}).get("angle")},
        "behaviour.greedy": {"different_choices": measured.get("other_choices_on_the_references_text")},
        "behaviour.long": {"perplexity_ratio": measured.get("perplexity_ratio")},
        "quant.4bit": {"kl_mean": measured.get("kl_mean")},
    }[record["id"]]


@pytest.mark.parametrize(("name", "check"), CHOSEN, ids=[check for _, check in CHOSEN])
def test_the_number_is_printed_again(runs: dict[str, PortRun], measured_python: Path, name: str, check: str) -> None:
    record = next(record for record in runs[name].record["checks"] if record["id"] == check)
    assert record["verdict"] == "fail", record["summary"]
    printed = printed_by(measured_python, runs[name].folder / "evidence" / check / "repro.py")
    for key, number in recorded(record).items():
        assert float(printed[key]) == pytest.approx(number, rel=0.01)
    if check == "quant.4bit":
        assert printed["logits"] == record["measured"]["logits"] == "float32"
