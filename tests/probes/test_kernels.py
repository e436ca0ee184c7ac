"""Kernels that MLX compiles for a CPU are found by the next process, and only whole ones are kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from port_checkpoints import ids, make_checkpoint
from probe_client import ProbeClient

mx = pytest.importorskip("mlx.core")
if mx.default_device() != mx.Device(mx.cpu) or shutil.which("g++") is None:
    pytest.skip("a CPU's kernels, and g++ to compile them", allow_module_level=True)


def forward(tmp_path: Path, name: str, kernels: Path | None) -> tuple[np.ndarray, set[str]]:
    """The logits of a process with a TMPDIR of its own, and the names of the kernels that it compiled itself."""
    temporary, exchange = tmp_path / name, tmp_path / f"{name}-exchange"
    temporary.mkdir()
    exchange.mkdir()
    environment = {"TMPDIR": str(temporary), **({"PORTWRIGHT_KERNELS": str(kernels)} if kernels else {})}
    client = ProbeClient("port", exchange, environment=environment)
    folder = make_checkpoint(tmp_path / "model")
    model = client.ask("load", folder=str(folder), dtype="float32")["model"]
    client.ask("forward", model=model, ids=[ids(9)], capture=[])
    client.close()
    return client.tensors["logits"], {path.name for path in temporary.rglob("*.cpp")}


def libraries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.so"))


def test_what_one_process_compiled_the_next_finds(tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    first, compiled = forward(tmp_path, "first", kernels)
    assert compiled and libraries(kernels)
    again, compiled_again = forward(tmp_path, "again", kernels)
    assert not compiled_again
    assert np.array_equal(first, again)
    assert forward(tmp_path, "apart", None)[1] == compiled


def test_what_another_compiler_made_is_not_taken(tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    forward(tmp_path, "first", kernels)
    (made,) = kernels.iterdir()
    made.rename(kernels / f"{made.name}-other")
    assert forward(tmp_path, "again", kernels)[1]


def test_a_folder_that_cannot_be_made_costs_time_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    assert forward(tmp_path, "first", file / "kernels")[1]


def test_a_library_that_is_not_loaded_yet_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from portwright_probes.port import kernels

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = tmp_path / "mlx" / mx.__version__ / "cpu"
    own.mkdir(parents=True)
    with kernels.Shared(str(tmp_path / "kept")):
        (own / "libHalf.so").write_bytes(b"\x7fELF")
    assert not libraries(tmp_path / "kept")
    monkeypatch.setattr(kernels, "_loaded", lambda: {"libHalf.so"})
    with kernels.Shared(str(tmp_path / "kept")):
        pass
    assert [path.name for path in libraries(tmp_path / "kept")] == ["libHalf.so"]


def test_the_oldest_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from portwright_probes.port import kernels

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(kernels, "_MOST", 2)
    monkeypatch.setattr(kernels, "_loaded", lambda: {"libA.so", "libB.so", "libC.so"})
    own = tmp_path / "mlx" / mx.__version__ / "cpu"
    own.mkdir(parents=True)
    for name in ("libA.so", "libB.so", "libC.so"):
        with kernels.Shared(str(tmp_path / "kept")):
            (own / name).write_bytes(b"whole")
    assert [path.name for path in libraries(tmp_path / "kept")] == ["libB.so", "libC.so"]
