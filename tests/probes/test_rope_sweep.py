"""The request `rope` over real pipes, on both sides: what comes out, and who uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from probe_client import ProbeClient
from synthetic_sides import SIDES, Sides, both_sides, synthetic_folders

pytest.importorskip("mlx.core")

STARTS = [0, 1, 7, 15, 16, 4096, 1 << 17]
SWEEPS = [{"rows": 1, "length": 1, "starts": STARTS}, {"rows": 2, "length": 3, "starts": [0, 14]}]


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    with both_sides(tmp_path_factory, {"OMP_NUM_THREADS": "1"}) as clients:
        yield clients


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    names = ("llama", "gemma3_text", "phi3", "phi3#rope-scaled", "olmo2#rope-scaled")
    return synthetic_folders(names, tmp_path_factory)


def swept(worker: ProbeClient, folder: Path) -> dict[str, Any]:
    model = worker.ask("load", folder=str(folder), dtype="float32")["model"]
    return worker.ask("rope", model=model, sweeps=SWEEPS)


def turned(width: int, pairs: int, frequencies: np.ndarray, position: int) -> np.ndarray:
    """[basis vector, dimension] of a half-split embedding, in float64."""
    matrix = np.eye(width)
    first, second = np.arange(pairs), np.arange(pairs) + pairs
    cosine, sine = np.cos(position * frequencies), np.sin(position * frequencies)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = sine, -sine
    return matrix


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("name", "width", "rotated"), [("llama", 16, 16), ("phi3", 16, 12)])
def test_basis_vectors_turn_as_the_config_says(
    workers: dict[str, ProbeClient], folders: dict[str, Path], side: str, name: str, width: int, rotated: int
) -> None:
    answer = swept(workers[side], folders[name])
    assert [(e["name"], e["width"], e["layer_type"]) for e in answer["embeddings"]] == [("rope.0", width, None)]
    frequencies = 700.0 ** -(np.arange(0, rotated, 2) / rotated)
    alone, rows = (workers[side].tensors[f"rope.0:{shape}"] for shape in ("1x1", "2x3"))
    assert alone.shape == (len(STARTS), 1, 1, width, width) and rows.shape == (2, 2, 3, width, width)
    for number, position in enumerate(STARTS):
        expected = turned(width, rotated // 2, frequencies, position)
        np.testing.assert_allclose(alone[number, 0, 0], expected, atol=2e-7 * (1 + position))
    for number, start in enumerate((0, 14)):
        for step in range(3):
            expected = turned(width, rotated // 2, frequencies, start + step)
            np.testing.assert_allclose(rows[number, :, step], [expected, expected], atol=1e-5)


@pytest.mark.parametrize("side", SIDES)
def test_users_are_all_attentions_with_their_positions(
    workers: dict[str, ProbeClient], folders: dict[str, Path], side: str
) -> None:
    users = swept(workers[side], folders["llama"])["users"]
    assert [user["path"] for user in users] == [f"model.layers.{layer}.self_attn" for layer in range(4)]
    for user in users:
        assert user["starts"] == [[0, 0], [0, 0], [3, 3]], "queries and keys; the third forward stands behind a cache"


@pytest.mark.parametrize("side", SIDES)
def test_each_kind_of_layer_has_its_embedding(
    workers: dict[str, ProbeClient], folders: dict[str, Path], side: str
) -> None:
    answer = swept(workers[side], folders["gemma3_text"])
    users = {user["path"]: user["embedding"] for user in answer["users"]}
    kinds = [users[f"model.layers.{layer}.self_attn"] for layer in range(6)]
    assert kinds == ["rope.0", "rope.0", "rope.1"] * 2
    seconds = [workers[side].tensors[f"{name}:1x1"][1, 0, 0, 1, 1] for name in ("rope.0", "rope.1")]
    np.testing.assert_allclose(seconds, [np.cos(theta ** (-2 / 32)) for theta in (300.0, 700.0)], atol=1e-6)
    if side == "reference":
        assert [e["layer_type"] for e in answer["embeddings"]] == ["sliding_attention", "full_attention"]


@pytest.mark.parametrize("side", SIDES)
def test_a_factor_scales_what_turns(workers: dict[str, ProbeClient], folders: dict[str, Path], side: str) -> None:
    swept(workers[side], folders["olmo2#rope-scaled"])
    response = workers[side].tensors["rope.0:1x1"][:, 0, 0]
    np.testing.assert_allclose(np.linalg.norm(response, axis=-1), 0.1 * np.log(4) + 1, rtol=1e-5)


def test_longer_texts_leave_no_trace_in_shorter_ones(workers: dict[str, ProbeClient], folders: dict[str, Path]) -> None:
    """longrope: 16 tokens are turned by the short factors, also after 131,072 were turned by the long ones."""
    frequencies = 700.0 ** -(np.arange(0, 12, 2) / 12)
    for _ in range(2):
        swept(workers["reference"], folders["phi3#rope-scaled"])
        response = workers["reference"].tensors["rope.0:1x1"][:, 0, 0]
        angles = [float(np.arctan2(matrix[1, 7], matrix[1, 1])) for matrix in response[3:5]]
        short, long = (frequencies[1] / factor for factor in (1.1, 1.3))
        np.testing.assert_allclose(np.cos(angles), np.cos([15 * short, 16 * long]), atol=1e-5)


def port_with(folder: Path, old: str, new: str) -> str:
    import mutants

    text = (mutants.installed_models() / "llama.py").read_text()
    assert text.count(old) == 1
    (folder / "llama.py").write_text(text.replace(old, new))
    return str(folder / "llama.py")


def test_a_port_that_calls_mx_fast_rope_itself(
    workers: dict[str, ProbeClient], folders: dict[str, Path], tmp_path: Path
) -> None:
    itself = "mx.fast.rope(keys, 16, traditional=False, base=700.0, scale=1.0, offset=cache.offset)"
    port = port_with(tmp_path, "keys = self.rope(keys, offset=cache.offset)", f"keys = {itself}")
    model = workers["port"].ask("load", folder=str(folders["llama"]), dtype="float32", port_file=port)["model"]
    answer = workers["port"].ask("rope", model=model, sweeps=SWEEPS)
    assert [(e["function"], e["module"] is None) for e in answer["embeddings"]] == [
        ("__call__", False),
        ("mx.fast.rope", True),
    ]
    own, direct = (workers["port"].tensors[f"{name}:1x1"] for name in ("rope.0", "rope.1"))
    np.testing.assert_array_equal(own, direct)
    user = next(user for user in answer["users"] if user["embedding"] == "rope.1")
    assert user["starts"] == [[], [0], [3]], "only with a cache, and keys alone"


def test_a_model_that_turns_nothing_says_so(
    workers: dict[str, ProbeClient], folders: dict[str, Path], tmp_path: Path
) -> None:
    port = port_with(
        tmp_path, "from .rope_utils import initialize_rope", "initialize_rope = lambda *_: lambda x, **_k: x"
    )
    model = workers["port"].ask("load", folder=str(folders["llama"]), dtype="float32", port_file=port)["model"]
    assert workers["port"].ask("rope", model=model, sweeps=SWEEPS) == {"embeddings": [], "users": []}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "sweeps",
    [
        [{"rows": 1, "length": 1}],
        [{"rows": 0, "length": 1, "starts": [0]}],
        [{"rows": 1, "length": 1, "starts": [-1]}],
        [{"rows": 1, "length": 1, "starts": ["0"]}],
        [{"rows": 1, "length": 1, "starts": [0]}] * 2,
    ],
)
def test_other_sweeps_are_refused(
    workers: dict[str, ProbeClient], folders: dict[str, Path], side: str, sweeps: list[Any]
) -> None:
    model = workers[side].ask("load", folder=str(folders["llama"]), dtype="float32")["model"]
    assert workers[side].fail("rope", model=model, sweeps=sweeps)["kind"] == "bad_request"
