"""A checkpoint that is not whole is refused in one sentence, before any interpreter is started, with status 2."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_llama
from running import Run


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def config_not_json(folder: Path) -> None:
    (folder / "config.json").write_text('{\n  "model_type": "llama",\n  "hidden_size": oops\n}\n', "utf-8")


def truncated(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def oversized_header(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(struct.pack("<Q", 1 << 60) + file.read_bytes()[8:])


def overlapping(folder: Path) -> None:
    header, data = tiny_llama.layout()
    header["model.norm.weight"]["data_offsets"] = [0, 64]
    (folder / "model.safetensors").write_bytes(tiny_llama.safetensors(dict(header), data))


def wrong_dtype(folder: Path) -> None:
    header, data = tiny_llama.layout()
    header["model.norm.weight"]["dtype"] = "F32"
    (folder / "model.safetensors").write_bytes(tiny_llama.safetensors(dict(header), data))


def missing_shard(folder: Path) -> None:
    index = {"weight_map": dict.fromkeys(tiny_llama.shapes(), "model-00002-of-00002.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (no_config, ["model has no config.json"]),
        (config_not_json, ["config.json:3:", '"hidden_size": oops', "^"]),
        (truncated, ["model.safetensors", "it is truncated"]),
        (oversized_header, ["model.safetensors", "its header claims 1152921504606846976 bytes"]),
        (overlapping, ["model.safetensors", "overlaps the one before it"]),
        (wrong_dtype, ["'model.norm.weight' takes 128 bytes by its shape and dtype, and 64"]),
        (missing_shard, ["names model-00002-of-00002.safetensors, which is missing"]),
    ],
)
def test_it_is_refused_before_anything_starts(
    portwright: Run, tmp_path: Path, measured_python: Path, breaks: Callable[[Path], None], says: list[str]
) -> None:
    breaks(tiny_llama.write(tmp_path / "model"))
    finished = portwright("test", "model", "--python", measured_python, "--out", "run")
    assert finished.returncode == 2, finished.stderr
    assert finished.stdout == ""
    told = " ".join(finished.stderr.split())  # it is wrapped to the width of the terminal
    for part in says:
        assert part in told
    assert "Traceback" not in finished.stderr
    assert not (tmp_path / "run").exists()
