"""parity.native: a rounding too many and a hidden float32 are found where they are made; right ports pass.

Neither moves float32 (every other check of the numbers passes) nor the free-running logits of 16 bits by anything that
a margin would notice.
"""

from __future__ import annotations

import mutants
import pytest
from running import Record, RunPorts

RIGHT = ("synthetic:llama", "synthetic:qwen3", "synthetic:gemma3_text")


def changed(name: str, search: str, replace: str) -> mutants.Mutant:
    return mutants.Mutant(
        id=name,
        model_type="llama",
        file="llama.py",
        checkpoint="synthetic:llama",
        bug_class="precision",
        search=search,
        replace=replace,
        culprit="",
        also_right=(),
        checks=(),
        causes=(),
        rope=None,
    )


# Each is right in exact arithmetic.
ROUNDS = changed("rounds-too-often", "return self.o_proj(output)", "return self.o_proj(output * 1.3 * (1 / 1.3))")
HIDES = changed(
    "hides-float32",
    "self.self_attn(self.input_layernorm(x), mask, cache)",
    "self.self_attn(self.input_layernorm(x.astype(mx.float32)), mask, cache)",
)

# Wrong in every dtype: not a matter of precision.
WRONG = changed("wrong-theta", "            args.rope_theta,\n", "            10000.0,\n")


@pytest.fixture(scope="module")
def checks(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Record]]:
    table = mutants.write_table([ROUNDS, HIDES, WRONG], tmp_path_factory.mktemp("precision"), RIGHT)
    done = run_ports(table, "--effort", "quick", "--checks", "load,parity.logits,parity.modules,parity.native")
    return {name: {check["id"]: check for check in run.record["checks"]} for name, run in done.items()}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_port_passes(checks: dict[str, dict[str, Record]], name: str) -> None:
    native = checks[name]["parity.native"]
    assert native["verdict"] == "pass", native
    assert native["measured"]["prompts"] >= 8
    (series,) = native["series"]
    assert {kind["is"] for kind in series["values"]} == {"inside"}


def test_a_rounding_too_many_is_found_where_it_is_made(checks: dict[str, dict[str, Record]]) -> None:
    found = checks["rounds-too-often"]
    assert found["parity.modules"]["verdict"] == "pass", "in float32 there is nothing to see"
    native = found["parity.native"]
    assert native["verdict"] == "inconclusive" and not native["gates"], native
    assert native["measured"]["furthest"]["at"].endswith(".self_attn.o_proj#0:in")
    assert native["measured"]["furthest"]["low"] > native["threshold"]["furthest"]["high"]
    assert "loses more than bfloat16 does" in native["summary"]


def test_a_hidden_float32_is_found_where_it_is_made(checks: dict[str, dict[str, Record]]) -> None:
    native = checks["hides-float32"]["parity.native"]
    assert native["verdict"] == "inconclusive", native
    assert "more accurate than bfloat16 is" in native["summary"]
    assert ".input_layernorm#0:out" in native["measured"]["furthest"]["at"]
    assert "dtype check" in native["would_decide"]


def test_what_is_wrong_in_float32_is_left_to_other_checks(checks: dict[str, dict[str, Record]]) -> None:
    found = checks["wrong-theta"]
    assert found["parity.modules"]["verdict"] == "fail"
    native = found["parity.native"]
    assert native["verdict"] == "inconclusive" and native["measured"]["wrong_in_float32"] > 0, native
    assert "parity.modules" in native["would_decide"]
    (series,) = native["series"]
    assert {kind["is"] for kind in series["values"]} == {"inside"}, "nothing else is blamed"
