"""What Mamba 2's selective scan is computed from, and the state that it ends with, on both sides."""

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
FORCEABLE = ("recurrence_key", "recurrence_value", "recurrence")
FUNCTIONS = (*FORCEABLE[:2], "recurrence_beta", "recurrence_decay", "recurrence", "recurrence_state")

# The port of the first reads its eps from elsewhere, that of the second has nothing wrong before the first scan.
MIXERS = {"mamba2": "backbone.layers.0.mixer", "granitemoehybrid": "model.layers.0.mamba"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return synthetic_folders(MIXERS, tmp_path_factory)


def point(model_type: str, function: str, side: str = "in") -> str:
    return f"{MIXERS[model_type]}.@{function}#0:{side}"


def scan(
    key: np.ndarray, value: np.ndarray, beta: np.ndarray, decay: np.ndarray, query: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The scan in float64, from arrays in the protocol's layout: what it reads from the state, and the last state."""
    key, value, beta, decay, query = (array.astype(np.float64) for array in (key, value, beta, decay, query))
    state = np.zeros((*key.shape[:1], *key.shape[2:], value.shape[-1]))
    made = []
    for t in range(key.shape[1]):
        written = (key[:, t] * beta[:, t, :, None])[..., None] * value[:, t, :, None, :]
        state = state * decay[:, t, :, None, None] + written
        made.append(np.einsum("bhk,bhkv->bhv", query[:, t], state))
    return np.stack(made, axis=1), state


def passed_by(out: np.ndarray, made: np.ndarray, value: np.ndarray) -> float:
    """How far what comes out is from `made` and a share of the values that each head passes by the state."""
    rest = out - made
    share = (rest * value).sum((0, 1, 3), keepdims=True) / (value * value).sum((0, 1, 3), keepdims=True)
    return relative_l2(made + share * value, out)


@pytest.mark.parametrize("model_type", MIXERS)
def test_both_sides_show_the_same_and_what_comes_out_follows_from_it(
    sides: Sides, folders: dict[str, Path], model_type: str
) -> None:
    points: dict[str, dict[str, np.ndarray]] = {}
    for side, client in sides.items():
        calls, points[side] = recurrence_of(client, folders[model_type], IDS)
        names = [record["call"] for record in calls][: len(FUNCTIONS)]
        assert names == [point(model_type, name).rpartition(":")[0] for name in FUNCTIONS]
        operands = [points[side][point(model_type, name)] for name in FUNCTIONS[:-1]]
        made, state = scan(*operands)
        assert passed_by(points[side][point(model_type, "recurrence", "out")], made, operands[1]) < AGREEMENT
        assert relative_l2(points[side][point(model_type, "recurrence_state")], state) < AGREEMENT
    for name in (*(point(model_type, function) for function in FUNCTIONS), point(model_type, "recurrence", "out")):
        port, reference = points["port"][name], points["reference"][name]
        assert port.shape == reference.shape, name
        assert relative_l2(port, reference) < (0.1 if model_type == "mamba2" else AGREEMENT), name


@pytest.mark.parametrize("side", ["reference", "port"])
@pytest.mark.parametrize("model_type", MIXERS)
def test_the_scan_is_computed_from_what_is_forced(
    sides: Sides, folders: dict[str, Path], tmp_path: Path, model_type: str, side: str
) -> None:
    _, own = recurrence_of(sides[side], folders[model_type], IDS)
    out = point(model_type, "recurrence", "out")
    _, again = recurrence_of(sides[side], folders[model_type], IDS, force=forced(tmp_path, own))
    assert all(np.array_equal(again[name], own[name]) for name in own)
    # Other rows' arrays are right in every way but in whose they are.
    for function in FORCEABLE:
        name = point(model_type, function)
        given = {**own, name: own[name][::-1]}
        _, points = recurrence_of(sides[side], folders[model_type], IDS, force=forced(tmp_path, {name: given[name]}))
        assert np.array_equal(points[name], own[name]), "what arrives is captured, not what is put in its place"
        operands = [given[point(model_type, operand)] for operand in FUNCTIONS[:-1]]
        made, _ = scan(*operands)
        assert passed_by(points[out], made, operands[1]) < AGREEMENT, function
        assert passed_by(own[out], made, operands[1]) > 0.01, function


def test_a_port_whose_state_is_one_step_behind_differs_there_alone(
    sides: Sides, folders: dict[str, Path], tmp_path: Path
) -> None:
    source = (mutants.installed_models() / "mamba2.py").read_text()
    line = "from .ssm import ssm_update\n"
    assert source.count(line) == 1
    behind = """from . import ssm


def ssm_update(hidden_states, A_log, B, C, D, dt, dt_bias, state, time_step_limit, mask, lengths):
    def scan(until):
        cut = [array[:, :until] for array in (hidden_states, B, C, dt)]
        return ssm.ssm_update(cut[0], A_log, cut[1], cut[2], D, cut[3], dt_bias, state, time_step_limit, mask, lengths)

    return scan(hidden_states.shape[1])[0], scan(-1)[1]
"""
    port = tmp_path / "mamba2.py"
    port.write_text(source.replace(line, behind))
    _, right = recurrence_of(sides["port"], folders["mamba2"], IDS)
    _, wrong = recurrence_of(sides["port"], folders["mamba2"], IDS, port_file=str(port))
    differing = {name for name in right if relative_l2(wrong[name], right[name]) > AGREEMENT}
    assert differing == {name for name in right if "@recurrence_state" in name} and differing
