"""`diff --port` says what a port ignores, reads by another name, cannot have, and where defaults disagree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import Run
from test_diff import compared, config

PORT = """
from dataclasses import dataclass, field
from .base import BaseModelArgs
from .rope_utils import initialize_rope
import mlx.nn as nn


@dataclass
class ModelArgs(BaseModelArgs):
    model_type: str
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    vocab_size: int
    intermediate_size: int = 11008
    num_key_value_heads: int = None
    rms_norm_eps: float = 1e-5
    rope_theta: float = 20000.0
    rope_traditional: bool = False
    rope_scaling: dict = None
    head_dim: int = None
    mlp_bias: bool = False
    needed: int


class Model(nn.Module):
    def __init__(self, args: ModelArgs):
        self.args = args
        self.rope = initialize_rope(
            args.head_dim or args.hidden_size // args.num_attention_heads, args.rope_theta, args.rope_traditional,
            args.rope_scaling,
        )
        self.norm = nn.RMSNorm(args.hidden_size, eps=args.rms_norm_eps)
        self.kv = args.num_key_value_heads
        self.layers = [nn.Linear(args.intermediate_size, args.vocab_size) for _ in range(args.num_hidden_layers)]
        self.no_field = args.no_field
        self.needed = args.needed
"""


def findings(
    portwright: Run, python: Path, folder: Path, port: str = PORT, **changes: Any
) -> dict[tuple[str, str], dict[str, Any]]:
    """By fault and key."""
    file = folder / "port.py"
    file.write_text(port, "utf-8")
    document = compared(portwright, python, config(folder, "model", **changes), "--port", file)
    return {(one["fault"], one["key"]): one for one in document["port"]["findings"]}


def test_a_key_that_the_reference_needs_and_the_port_ignores(
    portwright: Run, tmp_path: Path, measured_python: Path
) -> None:
    found = findings(portwright, measured_python, tmp_path, hidden_act="gelu", attention_bias=True, mlp_bias=True)
    assert Path(found["ignored", "hidden_act"]["reference"]["file"]).name == "modeling_llama.py"
    assert ("ignored", "attention_bias") in found
    assert found["ignored", "mlp_bias"]["note"] == "it has the field and reads it nowhere"
    quiet = findings(portwright, measured_python, tmp_path)
    assert ("hard_wired", "hidden_act") in quiet
    assert ("inert", "attention_bias") in quiet
    for fault in ("ignored", "hard_wired"):
        for key in ("hidden_size", "rms_norm_eps", "vocab_size", "head_dim", "rope_parameters.rope_theta", "use_cache"):
            assert (fault, key) not in quiet


def test_a_key_by_another_name_than_the_config_has(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    new: dict[str, Any] = {"rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}}
    found = findings(portwright, measured_python, tmp_path, **new)
    lost = found["misnamed", "rope_parameters.rope_theta"]
    assert lost["port_key"] == "rope_theta"
    assert (lost["reference_value"], lost["port_value"]) == (500000.0, 20000.0)
    assert not [key for key in findings(portwright, measured_python, tmp_path) if key[0] == "misnamed"]


def test_what_the_port_reads_and_nobody_sets(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    found = findings(portwright, measured_python, tmp_path)
    assert found["unset", "rope_traditional"]["port_value"] is False
    assert "no field of this name" in found["missing", "no_field"]["note"]
    assert "requires it" in found["missing", "needed"]["note"]
    assert ("missing", "hidden_size") not in found
    set_here = findings(portwright, measured_python, tmp_path, rope_traditional=True, needed=3)
    assert ("unset", "rope_traditional") not in set_here
    assert ("missing", "needed") not in set_here


def test_defaults_that_disagree(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    found = findings(portwright, measured_python, tmp_path)
    eps = found["default", "rms_norm_eps"]
    assert (eps["reference_value"], eps["port_value"], eps["takes_effect"]) == (1e-6, 1e-5, True)
    theta = found["default", "rope_parameters.rope_theta"]
    assert (theta["port_key"], theta["takes_effect"]) == ("rope_theta", False)
    assert ("default", "intermediate_size") not in found
    assert findings(portwright, measured_python, tmp_path, rms_norm_eps=1e-6)["default", "rms_norm_eps"][
        "takes_effect"
    ] is False  # fmt: skip


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (None, "does not exist"),
        (b"x = 1\n", "has no class Model"),
        (b"class Model:\n    def f(:\n", "not valid Python"),
        (b"x = '\xff'\n", "is not UTF-8 text"),
        (b"#" * 50_000_000, "50.0 MB large"),
        (b"x = '" + b"y" * 10_000_000 + b"'\n", "10.0 MB large"),
        (b"x = " + b"(" * 100_000, "cannot be read as Python"),
        (b"x = " + b"(" * 100_000 + b"1" + b")" * 100_000 + b"\n", "cannot be read as Python"),
        (b"x = " + b"(" * 20_000 + b"1" + b")" * 20_000 + b"\n", "has no class Model"),
    ],
)
def test_a_hostile_port_is_refused_in_one_sentence(
    portwright: Run, tmp_path: Path, measured_python: Path, contents: bytes | None, said: str
) -> None:
    if contents is not None:
        (tmp_path / "port.py").write_bytes(contents)
    done = portwright("diff", config(tmp_path, "a"), "--port", "port.py", "--python", measured_python, timeout=60)
    assert done.returncode == 2, done.stdout[:500]
    assert said in done.stderr


def test_the_installed_llama_port_reads_all_that_llama_needs(
    portwright: Run, tmp_path: Path, measured_python: Path
) -> None:
    site = next((measured_python.parent.parent / "lib").glob("python3*/site-packages/mlx_lm/models/llama.py"))
    full = config(tmp_path, "full", intermediate_size=128, rms_norm_eps=1e-5, num_key_value_heads=2)
    document = compared(portwright, measured_python, full, "--port", site)
    bad = [one["key"] for one in document["port"]["findings"] if one["fault"] in ("ignored", "misnamed", "missing")]
    assert bad == []
