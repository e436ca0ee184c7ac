"""What the gated delta rule is computed from, on both sides, on synthetic checkpoints."""

from __future__ import annotations

from pathlib import Path

import mutants
import numpy as np
import pytest
from forwards import random_ids, relative_l2
from synthetic_sides import Sides, forced, recurrence_of, synthetic_folders

pytest.importorskip("mlx.core")

IDS = [random_ids(20), random_ids(20, seed=2)]
AGREEMENT = 1e-5
OPERANDS = ("recurrence_key", "recurrence_value", "recurrence_decay", "recurrence_beta", "recurrence")
FUNCTIONS = (*OPERANDS, "recurrence_state")

# One decay for each head, as many keys as values or fewer; and a decay for each of a key's elements.
MIXERS = {"qwen3_next": "linear_attn", "olmo_hybrid": "linear_attn", "kimi_linear": "self_attn"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return synthetic_folders(MIXERS, tmp_path_factory)


def point(model_type: str, function: str, side: str = "in") -> str:
    return f"model.layers.0.{MIXERS[model_type]}.@{function}#0:{side}"


def differing(wrong: dict[str, np.ndarray], right: dict[str, np.ndarray], model_type: str) -> set[str]:
    """The functions whose input is not the same, of two forwards."""
    names = {function: point(model_type, function) for function in FUNCTIONS}
    return {function for function, name in names.items() if relative_l2(wrong[name], right[name]) > AGREEMENT}


def rule(
    key: np.ndarray, value: np.ndarray, decay: np.ndarray, beta: np.ndarray, query: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gated delta rule in float64, from arrays in the protocol's layout: what comes out, and the last state."""
    key, value, decay, beta, query = (array.astype(np.float64) for array in (key, value, decay, beta, query))
    decay = decay[..., None] if decay.ndim == beta.ndim else decay
    state = np.zeros((*key.shape[:1], *key.shape[2:], value.shape[-1]))
    made = []
    for t in range(key.shape[1]):
        state = state * decay[:, t, ..., None]
        correction = (value[:, t] - np.einsum("bhk,bhkv->bhv", key[:, t], state)) * beta[:, t, :, None]
        state = state + key[:, t, ..., None] * correction[..., None, :]
        made.append(np.einsum("bhk,bhkv->bhv", query[:, t], state))
    return np.stack(made, axis=1), state


@pytest.mark.parametrize("model_type", MIXERS)
def test_both_sides_show_the_same_and_what_comes_out_follows_from_it(
    sides: Sides, folders: dict[str, Path], model_type: str
) -> None:
    points = {}
    for side, client in sides.items():
        calls, points[side] = recurrence_of(client, folders[model_type], IDS)
        names = [record["call"] for record in calls][: len(FUNCTIONS)]
        assert names == [point(model_type, function).rpartition(":")[0] for function in FUNCTIONS]
        assert {record["class"] for record in calls} == {"function"}
        made, state = rule(*(points[side][point(model_type, function)] for function in OPERANDS))
        assert relative_l2(points[side][point(model_type, "recurrence", "out")], made) < AGREEMENT
        assert relative_l2(points[side][point(model_type, "recurrence_state")], state) < AGREEMENT
    for function in FUNCTIONS:
        port, reference = (points[side][point(model_type, function)] for side in ("port", "reference"))
        assert port.shape == reference.shape and relative_l2(port, reference) < AGREEMENT, function
    value, beta = (points["port"][point(model_type, f"recurrence_{name}")] for name in ("value", "beta"))
    assert points["port"][point(model_type, "recurrence_key")].shape[:3] == value.shape[:3] == beta.shape
    keys = points["reference"][point(model_type, "recurrence_key")]
    np.testing.assert_allclose(np.linalg.norm(keys, axis=-1), 1, atol=1e-3)


@pytest.mark.parametrize("side", ["reference", "port"])
@pytest.mark.parametrize("model_type", MIXERS)
def test_the_rule_is_computed_from_what_is_forced(
    sides: Sides, folders: dict[str, Path], tmp_path: Path, model_type: str, side: str
) -> None:
    _, own = recurrence_of(sides[side], folders[model_type], IDS)
    out = point(model_type, "recurrence", "out")
    # Other rows' arrays are right in every way but in whose they are.
    for function in OPERANDS:
        name = point(model_type, function)
        given = {**own, name: own[name][::-1]}
        force = forced(tmp_path, {name: given[name]})
        _, points = recurrence_of(sides[side], folders[model_type], IDS, force=force)
        assert np.array_equal(points[name], own[name]), "what arrives is captured, not what is put in its place"
        made, _ = rule(*(given[point(model_type, function)] for function in OPERANDS))
        assert relative_l2(points[out], made) < AGREEMENT, function
        assert relative_l2(own[out], made) > 0.01, function


@pytest.mark.parametrize("side", ["reference", "port"])
def test_what_comes_out_can_be_forced_and_its_own_changes_nothing(
    sides: Sides, folders: dict[str, Path], tmp_path: Path, side: str
) -> None:
    folder, out = folders["olmo_hybrid"], point("olmo_hybrid", "recurrence", "out")
    following = point("olmo_hybrid", "recurrence_value").replace("layers.0", "layers.1")
    _, own = recurrence_of(sides[side], folder, IDS)
    _, again = recurrence_of(sides[side], folder, IDS, force=forced(tmp_path, own))
    assert all(np.array_equal(again[name], own[name]) for name in own)
    _, other = recurrence_of(sides[side], folder, IDS, force=forced(tmp_path, {out: own[out][::-1]}))
    assert relative_l2(other[following], own[following]) > 0.1


def test_a_decay_of_zero_is_forced_as_a_finite_one(sides: Sides, folders: dict[str, Path], tmp_path: Path) -> None:
    folder, name = folders["olmo_hybrid"], point("olmo_hybrid", "recurrence_decay")
    _, own = recurrence_of(sides["reference"], folder, IDS)
    given = {**own, name: np.zeros_like(own[name])}
    _, points = recurrence_of(sides["reference"], folder, IDS, force=forced(tmp_path, {name: given[name]}))
    made, _ = rule(*(given[point("olmo_hybrid", function)] for function in OPERANDS))
    assert relative_l2(points[point("olmo_hybrid", "recurrence", "out")], made) < AGREEMENT


def test_a_port_that_exchanges_the_gates_differs_there_alone(
    sides: Sides, folders: dict[str, Path], tmp_path: Path
) -> None:
    source = (mutants.installed_models() / "olmo_hybrid.py").read_text()
    gates = ("            self.a_proj(x),\n", "            self.b_proj(x),\n")
    assert source.count("".join(gates)) == 1
    port = tmp_path / "olmo_hybrid.py"
    port.write_text(source.replace("".join(gates), "".join(reversed(gates))))
    _, right = recurrence_of(sides["port"], folders["olmo_hybrid"], IDS)
    _, wrong = recurrence_of(sides["port"], folders["olmo_hybrid"], IDS, port_file=str(port))
    assert differing(wrong, right, "olmo_hybrid") == {"recurrence_decay", "recurrence_beta", "recurrence_state"}


# Right in all that comes out, and wrong for the token that follows.
FORGETS = """from . import gated_delta
from .gated_delta import normalize_qk


def rule(q, k, v, g, beta, state, mask=None):
    out, state = gated_delta.gated_delta_ops(q, k, v, g, beta, state, mask)
    return out, state * g[:, -1, :, None, None]


def gated_delta_update(q, k, v, a, b, A_log, dt_bias, state, mask, use_kernel):
    return rule(q, k, v, gated_delta.compute_g(A_log, a, dt_bias), mx.sigmoid(b), state, mask)
"""


def test_a_port_whose_state_fades_once_too_often_differs_there_alone(
    sides: Sides, folders: dict[str, Path], tmp_path: Path
) -> None:
    source = (mutants.installed_models() / "qwen3_next.py").read_text()
    line = "from .gated_delta import gated_delta_update, normalize_qk\n"
    assert source.count(line) == 1
    port = tmp_path / "qwen3_next.py"
    port.write_text(source.replace(line, FORGETS))
    _, right = recurrence_of(sides["port"], folders["qwen3_next"], IDS)
    _, wrong = recurrence_of(sides["port"], folders["qwen3_next"], IDS, port_file=str(port))
    assert differing(wrong, right, "qwen3_next") == {"recurrence_state"}
