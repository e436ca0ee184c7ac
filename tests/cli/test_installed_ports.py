"""The installed ports are right: a run of each says pass, and every check is decided."""

from __future__ import annotations

import mutants
import pytest
from running import PortRun, RunPorts

CHECKPOINTS = [
    "synthetic:llama",
    "synthetic:qwen3",
    "synthetic:gemma3_text",
    "synthetic:olmo2",
    "synthetic:phi3",
    "synthetic:qwen3_moe",
    "synthetic:llama#tied",
    "synthetic:llama#biased",
    "synthetic:llama#rope-scaled",
    "builtin:smollm2",
]


@pytest.fixture(scope="module")
def runs(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PortRun]:
    return run_ports(mutants.write_table([], tmp_path_factory.mktemp("installed"), CHECKPOINTS), "--effort", "quick")


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_an_installed_port_passes(runs: dict[str, PortRun], checkpoint: str) -> None:
    run = runs[checkpoint].record
    assert run["verdict"] == "pass", run["sentence"]
    told = {check["id"]: check["verdict"] for check in run["checks"]}
    allowed_without_tokenizer = {"tokens"} if checkpoint.startswith("synthetic:") else set()
    undecided = {name for name, verdict in told.items() if verdict != "pass"} - allowed_without_tokenizer
    assert not undecided, [check for check in run["checks"] if check["id"] in undecided]
