"""A failed check leaves a script that shows the failure without the program: short, and with the record's number.

The record also names the line of the port to open.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import mutants
import pytest
from bad_ports import Bench
from repro_runs import printed_by, run_script
from running import PortRun, Record, RunPorts


@dataclass(frozen=True)
class Broken:
    """The record of the check that failed, what its script printed, and the text of the line that it names."""

    record: Record
    printed: dict[str, str]
    line: str


# A broken port by its id: the records that failed, by the check's id.
RunBroken = Callable[[str], dict[str, Broken]]


def named_line(record: Record, port: Path, models: Path) -> str:
    """The text at the culprit's port_line, which lies in the port or beside mlx-lm's ports."""
    if not record["culprit"] or not record["culprit"]["port_line"]:
        return ""
    name, _, number = record["culprit"]["port_line"].rpartition(":")
    file = port if name == port.name else models / name
    return file.read_text("utf-8").splitlines()[int(number) - 1].strip()


def relative(broken: Broken, recorded: float) -> float:
    """The printed number over the recorded one, less one."""
    return abs(float(broken.printed["relative_l2"]) / recorded - 1)


def broken_record(run: PortRun, record: Record, port: Path, python: Path) -> Broken:
    script = run.folder / "evidence" / record["id"] / "repro.py"
    assert f"evidence/{record['id']}/repro.py" in record["evidence"]
    return Broken(record, printed_by(python, script), named_line(record, port, mutants.installed_models()))


# A broken port of bench/mutants, and the text of the line that parity.modules has to name.
FORWARDS = {
    "llama-rope-theta": "self.rope = initialize_rope(",
    "llama-attention-scale": "self.scale = args.hidden_size**-0.5",
    "gemma3-window-off-by-one": "def __call__(",
    "llama-final-norm-missing": "return h",
    "gemma3-norm-without-one": "return mx.fast.rms_norm(x, self.weight, self.eps)",
    "phi3-gate-and-up-swapped": "return self.down_proj(swiglu(gate, x))",
}
CHOSEN = {*FORWARDS, "llama-float32-norm", "llama-head-untied"}


@pytest.fixture(scope="module")
def run_broken(run_ports: RunPorts, measured_python: Path, tmp_path_factory: pytest.TempPathFactory) -> RunBroken:
    ports = tmp_path_factory.mktemp("broken")
    chosen = {mutant.id: mutant for mutant in mutants.load() if mutant.id in CHOSEN}
    runs = run_ports(
        mutants.write_table(chosen.values(), ports), "--effort", "quick", "--skip", "rope.sweep,behaviour.*,canary"
    )

    def run(name: str) -> dict[str, Broken]:
        failed = [record for record in runs[name].record["checks"] if record["verdict"] == "fail"]
        port = ports / name / chosen[name].file
        # An import of both libraries takes one core seconds: one script on each.
        with ThreadPoolExecutor() as pool:
            ran = pool.map(lambda record: broken_record(runs[name], record, port, measured_python), failed)
            return {broken.record["id"]: broken for broken in ran}

    return run


@pytest.mark.parametrize(("name", "line"), FORWARDS.items(), ids=FORWARDS)
def test_the_numbers_of_a_wrong_forward_are_printed_again(run_broken: RunBroken, name: str, line: str) -> None:
    broken = run_broken(name)
    logits, modules = broken["parity.logits"], broken["parity.modules"]
    assert relative(logits, logits.record["measured"]["relative_l2"]) < 0.01
    measured = modules.record["measured"]
    assert relative(modules, measured.get("repro", measured["findings"][0])["relative_l2"]) < 0.01
    assert modules.line == line


def test_the_widened_dtype_is_printed(run_broken: RunBroken) -> None:
    broken = run_broken("llama-float32-norm")["dtype"]
    assert broken.printed["logits"] == broken.record["measured"]["logits"] == "float32"
    widened = broken.record["measured"]["first_widened"]
    assert broken.printed[widened["module"]] == f"bfloat16 -> {widened['dtype']}"
    assert broken.line.startswith("self.norm = nn.RMSNorm(")


def test_the_names_of_a_failed_load_are_printed(run_broken: RunBroken) -> None:
    broken = run_broken("llama-head-untied")["load"]
    for key in ("missing", "unexpected"):
        assert ast.literal_eval(broken.printed[key]) == broken.record["measured"][key]
    lost = broken.record["measured"]["dropped_but_used_by_the_reference"]
    assert ast.literal_eval(broken.printed["without"].removeprefix("effect ")) == lost


def test_what_the_port_raises_is_raised_again(bench: Bench) -> None:
    source = bench.source.replace("r = self.mlp(", "r = self.absent(", 1)
    finished, checks = bench.test(source, "--checks", "load,parity.logits")
    assert finished.returncode == 1, finished.stderr
    record = checks["parity.logits"]
    done = run_script(bench.python, bench.folder / "run" / "evidence" / "parity.logits" / "repro.py")
    assert done.returncode == 1
    assert "AttributeError" in done.stderr.splitlines()[-1]
    assert "absent" in record["summary"]
