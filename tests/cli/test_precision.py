"""parity.native: a rounding too many, a hidden float32 and a cast are found where they are made.

Neither moves float32 (every other check of the numbers passes) nor the free-running logits of 16 bits by anything that
a margin would notice.
"""

from __future__ import annotations

import mutants
import pytest
from running import Record, RunPorts

RIGHT = ("synthetic:llama", "synthetic:qwen3", "synthetic:gemma3_text")
# mlx-lm's port takes a softplus in bfloat16 and hands the decay on in float32: it loses more, and no cast is seen.
LOSES_MORE = "synthetic:qwen3_next"


def changed(name: str, search: str, replace: str, model_type: str = "llama") -> mutants.Mutant:
    return mutants.Mutant(
        id=name,
        model_type=model_type,
        file=f"{model_type}.py",
        checkpoint=f"synthetic:{model_type}",
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
# The reference hands the decay of the gated delta rule on in float32, and so does mlx-lm. Only these calls see the
# other one: the worker goes on to other ports.
CASTS = changed(
    "casts-the-decay",
    "from .gated_delta import gated_delta_update, normalize_qk\n",
    """from unittest.mock import patch

from . import gated_delta
from .gated_delta import normalize_qk


def decay(A, a, bias):
    return mx.exp(-mx.exp(A) * nn.softplus(a + bias)).astype(a.dtype)


def gated_delta_update(*args, **kwargs):
    with patch.object(gated_delta, "compute_g", decay):
        return gated_delta.gated_delta_update(*args, **kwargs)
""",
    "qwen3_next",
)

# Wrong in every dtype: not a matter of precision.
WRONG = changed("wrong-theta", "            args.rope_theta,\n", "            10000.0,\n")


@pytest.fixture(scope="module")
def checks(run_ports: RunPorts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Record]]:
    table = mutants.write_table(
        [ROUNDS, HIDES, CASTS, WRONG], tmp_path_factory.mktemp("precision"), (*RIGHT, LOSES_MORE)
    )
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


def test_a_loss_at_a_cast_that_the_reference_does_not_make_fails(checks: dict[str, dict[str, Record]]) -> None:
    found = checks["casts-the-decay"]
    assert found["parity.modules"]["verdict"] == "pass", "in float32 there is nothing to see"
    native = found["parity.native"]
    assert native["verdict"] == "fail" and native["would_decide"] is None, native
    assert native["culprit"]["module"] == "model.layers.*.linear_attn"
    assert native["measured"]["cast"] == {"port": "bfloat16", "reference": "float32"}
    assert "@recurrence_decay#0:in" in native["summary"] and "the reference in float32" in native["summary"]


def test_a_loss_without_a_cast_is_left_open(checks: dict[str, dict[str, Record]]) -> None:
    native = checks[LOSES_MORE]["parity.native"]
    assert native["verdict"] == "inconclusive" and "cast" not in native["measured"], native
    assert "@recurrence_decay#0:in" in native["summary"]


def test_what_is_wrong_in_float32_is_left_to_other_checks(checks: dict[str, dict[str, Record]]) -> None:
    found = checks["wrong-theta"]
    assert found["parity.modules"]["verdict"] == "fail"
    native = found["parity.native"]
    assert native["verdict"] == "inconclusive" and native["measured"]["wrong_in_float32"] > 0, native
    assert "parity.modules" in native["would_decide"]
    (series,) = native["series"]
    assert {kind["is"] for kind in series["values"]} == {"inside"}, "nothing else is blamed"
