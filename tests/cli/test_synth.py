"""`synth` writes a checkpoint folder; the same seed gives the same bytes; what it cannot make is an input error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Run


def weights(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob("*.safetensors")))


def test_the_same_seed_gives_the_same_bytes(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    for name, seed in (("one", "7"), ("same", "7"), ("other", "8")):
        finished = portwright("synth", "llama", name, "--seed", seed, "--python", measured_python)
        assert finished.returncode == 0, finished.stderr
    assert json.loads((tmp_path / "one" / "config.json").read_text("utf-8"))["model_type"] == "llama"
    assert weights(tmp_path / "one")
    assert weights(tmp_path / "one") == weights(tmp_path / "same")
    assert weights(tmp_path / "one") != weights(tmp_path / "other")


@pytest.mark.parametrize("model_type", ["lama", "llama#nothing"])
def test_an_unknown_type_or_variant_says_what_there_is(portwright: Run, measured_python: Path, model_type: str) -> None:
    finished = portwright("synth", model_type, "out", "--python", measured_python)
    assert finished.returncode == 2
    assert "there are" in finished.stderr


def test_a_filled_folder_is_left_alone(portwright: Run, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("kept", "utf-8")
    finished = portwright("synth", "llama", "full")
    assert finished.returncode == 2
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["mine"]
