"""Short causal convolutions are calls of the module that owns the weight, on both sides, on synthetic checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mutants
import numpy as np
import pytest
from forwards import load_reference, random_ids, relative_l2
from portwright_probes.stored_names import stored_names
from probe_client import ProbeClient
from synthetic_sides import Sides, forced, synthetic_folders

pytest.importorskip("mlx.core")

IDS = [random_ids(20), random_ids(20, seed=2)]
AGREEMENT = 1e-5

# Without an activation and with one, with a bias and without.
MODULES = {
    "lfm2#biased": "model.layers.0.conv.conv",
    "qwen3_next": "model.layers.0.linear_attn.conv1d",
    "jamba": "model.layers.0.mamba.conv1d",
    "olmo_hybrid": "model.layers.0.linear_attn.v_conv1d",  # its file has three where the reference computes one
}
MERGED = "model.layers.0.linear_attn.conv1d"
PARTS = ["model.layers.0.linear_attn.q_conv1d", "model.layers.0.linear_attn.k_conv1d", MODULES["olmo_hybrid"]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return synthetic_folders(MODULES, tmp_path_factory)


def captured(
    client: ProbeClient, folder: Path, module: str, force: dict[str, Any] | None = None, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """The convolution's calls of one float32 forward, its points by their side, and the `logits`."""
    model = client.ask("load", folder=str(folder), dtype="float32", **options)["model"]
    answer = client.ask("forward", model=model, ids=IDS, capture=[module], logits="all", force=force)
    points = {name.rpartition(":")[2]: array for name, array in client.tensors.items()}
    client.ask("unload", model=model)
    return answer["calls"], points


def parameters(client: ProbeClient, folder: Path, module: str) -> tuple[np.ndarray, np.ndarray]:
    """The port's taps, [channels, taps], and its bias, [channels]; in float64."""
    model = client.ask("load", folder=str(folder), dtype="float32")["model"]
    client.ask("parameters", model=model, path=module)
    held = {name.rpartition(".")[2]: array.astype(np.float64) for name, array in client.tensors.items()}
    client.ask("unload", model=model)
    weight = held["weight"].squeeze(-1)
    return weight, held.get("bias", np.zeros(len(weight)))


def convolved(array: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """[rows, positions, channels] from [rows, earlier and positions, channels], in float64."""
    taps = weight.shape[1]
    positions = array.shape[1] - taps + 1
    return bias + sum(array[:, tap : tap + positions].astype(np.float64) * weight[:, tap] for tap in range(taps))


def at(module: str, **points: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays by the point of the module's call that each keyword, `in` or `out`, names."""
    return {f"{module}#0:{side}": array for side, array in points.items()}


@pytest.mark.parametrize("name", MODULES)
def test_both_sides_show_the_same_call(sides: Sides, folders: dict[str, Path], name: str) -> None:
    folder, module = folders[name], MODULES[name]
    points = {}
    for side, client in sides.items():
        (call,), points[side] = captured(client, folder, module)
        assert (call["call"], call["class"]) == (f"{module}#0", "Conv1d")
        assert call["parent"] in (f"{module.rpartition('.')[0]}#0", f"{MERGED}#0")
    weight, bias = parameters(sides["port"], folder, module)
    for side in ("in", "out"):
        port, reference = points["port"][side], points["reference"][side]
        assert port.shape == reference.shape and relative_l2(port, reference) < AGREEMENT
    arrived, made = points["reference"]["in"], points["reference"]["out"]
    earlier = weight.shape[1] - 1
    assert arrived.shape == (2, earlier + 20, len(weight)) and made.shape == (2, 20, len(weight))
    assert not arrived[:, :earlier].any()
    assert relative_l2(made, convolved(arrived, weight, bias)) < AGREEMENT


@pytest.mark.parametrize("side", ["reference", "port"])
@pytest.mark.parametrize("name", MODULES)
def test_what_is_forced_is_computed_with(
    sides: Sides, folders: dict[str, Path], tmp_path: Path, name: str, side: str
) -> None:
    folder, module = folders[name], MODULES[name]
    weight, bias = parameters(sides["port"], folder, module)
    _, own = captured(sides[side], folder, module)
    given = np.random.default_rng(3).standard_normal(own["in"].shape).astype(np.float32)  # no zeros in front
    _, points = captured(sides[side], folder, module, forced(tmp_path, at(module, **{"in": given})))
    assert np.array_equal(points["in"], own["in"]), "what arrives is captured, not what is put in its place"
    assert relative_l2(points["out"], convolved(given, weight, bias)) < AGREEMENT
    _, others = captured(sides[side], folder, module, forced(tmp_path, at(module, out=own["out"][::-1])))
    assert np.array_equal(others["out"], own["out"])
    assert relative_l2(others["logits"], own["logits"]) > 0.01


@pytest.mark.parametrize("side", ["reference", "port"])
@pytest.mark.parametrize("name", MODULES)
def test_its_own_arrays_change_nothing(
    sides: Sides, folders: dict[str, Path], tmp_path: Path, name: str, side: str
) -> None:
    folder, module = folders[name], MODULES[name]
    _, own = captured(sides[side], folder, module)
    force = forced(tmp_path, at(module, **{"in": own["in"], "out": own["out"]}))
    _, again = captured(sides[side], folder, module, force)
    assert [point for point in own if not np.array_equal(again[point], own[point])] == []


def test_the_reference_replays_it(sides: Sides, folders: dict[str, Path], tmp_path: Path) -> None:
    client, folder, module = sides["reference"], folders["jamba"], MODULES["jamba"]
    _, own = captured(client, folder, module)
    given = np.ascontiguousarray(own["in"][::-1])
    file = forced(tmp_path, {"given": given})["files"][0]
    model = client.ask("load", folder=str(folder), dtype="float32")["model"]
    client.ask("replay", model=model, ids=IDS, call=f"{module}#0", in_={"file": file, "name": "given"})
    assert np.array_equal(client.tensors[f"{module}#0:out"], own["out"][::-1])
    client.ask("unload", model=model)


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("wider", [False, True])
def test_watching_changes_no_number(folders: dict[str, Path], name: str, wider: bool) -> None:
    import torch
    from portwright_probes.reference.forced import Forced
    from portwright_probes.reference.merged import merged_convolutions
    from portwright_probes.reference.recorder import Capture, Recorder

    class Context:
        def check_cancelled(self) -> None: ...

    folder = folders[name]
    model = load_reference(folder, "bfloat16")
    merged = merged_convolutions(model, folder, stored_names(folder) or [])
    if wider:  # a convolution in a wider dtype than what it is given rounds behind its activation
        model.get_submodule(MERGED if name == "olmo_hybrid" else MODULES[name]).float()
    with torch.no_grad():
        own = model(torch.tensor(IDS)).logits
        recorder = Recorder(Context(), Capture([MODULES[name]], send=False), Forced(None))  # type: ignore[arg-type]
        with recorder.watching(model, merged):
            watched = model(torch.tensor(IDS)).logits
        assert torch.equal(own, watched)
        assert torch.equal(own, model(torch.tensor(IDS)).logits)
    (call,) = recorder.calls
    assert call["in"]["dtype"] == "bfloat16"
    assert call["out"]["dtype"] == ("float32" if wider else "bfloat16")


def test_a_merged_convolution_calls_its_parts(sides: Sides, folders: dict[str, Path]) -> None:
    client, folder = sides["reference"], folders["olmo_hybrid"]
    model = client.ask("load", folder=str(folder), dtype="float32")["model"]
    answer = client.ask("forward", model=model, ids=IDS, capture=["model.layers.0.linear_attn.*conv1d"], logits="none")
    points = client.tensors
    assert [call["call"] for call in answer["calls"]] == [f"{path}#0" for path in (MERGED, *PARTS)]
    for side in ("in", "out"):
        parts = np.concatenate([points[f"{path}#0:{side}"] for path in PARTS], axis=-1)
        assert np.array_equal(parts, points[f"{MERGED}#0:{side}"])
    assert set(client.ask("fingerprint", model=model, paths=PARTS).values()) == {"0" * 16}
    client.ask("unload", model=model)


def test_what_a_part_makes_goes_on_in_the_merged_one(sides: Sides, folders: dict[str, Path], tmp_path: Path) -> None:
    client, folder, module = sides["reference"], folders["olmo_hybrid"], MODULES["olmo_hybrid"]
    _, own = captured(client, folder, MERGED)
    given = np.random.default_rng(4).standard_normal((2, 20, 128)).astype(np.float32)
    _, points = captured(client, folder, MERGED, forced(tmp_path, at(module, out=given)))
    assert np.array_equal(points["out"], np.concatenate([own["out"][..., :-128], given], axis=-1))


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("name", MODULES)
def test_parts_are_found_where_the_file_has_them(folders: dict[str, Path], name: str, dtype: str) -> None:
    from portwright_probes.reference.merged import merged_convolutions

    folder = folders[name]
    names = stored_names(folder) or []
    found = merged_convolutions(load_reference(folder, dtype), folder, names)
    assert [part.path for part in found.get(MERGED, ())] == (PARTS if name == "olmo_hybrid" else [])
    assert len(found) == (3 if name == "olmo_hybrid" else 0)
    without = [stored for stored in names if "k_conv1d" not in stored]
    assert not merged_convolutions(load_reference(folder, dtype), folder, without)


@pytest.mark.parametrize(
    ("right", "wrong", "differing"),
    [
        ("B, C, x = mx.split(BCx", "C, B, x = mx.split(BCx", {"in", "out"}),
        ("param = param.transpose(0, 2, 1)", "param = param.transpose(0, 2, 1)[:, ::-1]", {"out"}),
        ("y = C * conv_out", "y = C * nn.silu(conv_out)", set()),
    ],
)
def test_a_changed_port_differs_where_it_was_changed(
    sides: Sides, folders: dict[str, Path], tmp_path: Path, right: str, wrong: str, differing: set[str]
) -> None:
    source = (mutants.installed_models() / "lfm2.py").read_text()
    assert source.count(right) == 1
    port = tmp_path / "lfm2.py"
    port.write_text(source.replace(right, wrong))
    folder, module = folders["lfm2#biased"], MODULES["lfm2#biased"]
    _, reference = captured(sides["reference"], folder, module)
    _, points = captured(sides["port"], folder, module, port_file=str(port))
    assert {side for side in ("in", "out") if relative_l2(points[side], reference[side]) > AGREEMENT} == differing
    assert relative_l2(points["logits"], reference["logits"]) > 0.01
