"""What is damaged or hostile is refused by `inspect` in one sentence, quickly and in little memory."""

from __future__ import annotations

import json
import resource
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_llama

DEEP = 100_000


def nested(text: str = "") -> str:
    return "[" * DEEP + text + "]" * DEEP


def with_header(folder: Path, text: bytes, length: int | None = None) -> None:
    data = struct.pack("<Q", len(text) if length is None else length) + text + bytes(64)
    (folder / "model.safetensors").write_bytes(data)


def with_config(folder: Path, text: str | bytes) -> None:
    (folder / "config.json").write_bytes(text.encode() if isinstance(text, str) else text)


def with_index(folder: Path, shard: object) -> None:
    text = json.dumps({"weight_map": {"model.norm.weight": shard}})
    (folder / "model.safetensors.index.json").write_text(text, "utf-8")


def overlapping(folder: Path) -> None:
    header, data = tiny_llama.layout()
    header["model.norm.weight"]["data_offsets"] = [0, 64]
    (folder / "model.safetensors").write_bytes(tiny_llama.safetensors(dict(header), data))


ENTRY = '{"dtype": "F32", "shape": [%s], "data_offsets": [0, %s]}'

CASES: list[tuple[str, Callable[[Path], None], str]] = [
    (
        "a header of 2^63 bytes",
        lambda at: with_header(at, b"{}", 1 << 63),
        "its header claims 9223372036854775808 bytes",
    ),
    ("a header deep within itself", lambda at: with_header(at, nested().encode()), "nested deeper than 1000 levels"),
    ("a header that is no UTF-8", lambda at: with_header(at, b'{"\xff": 1}'), "not valid JSON"),
    ("tensors that overlap", overlapping, "overlaps the one before it"),
    (
        "a shape beyond all bounds",
        lambda at: with_header(
            at, ('{"a": ' + ENTRY % ("9223372036854775807, 9223372036854775807", 64) + "}").encode()
        ),
        "has a shape that no file can hold",
    ),
    ("a config deep within itself", lambda at: with_config(at, '{"torch_dtype": ' + nested() + "}"), "nested deeper"),
    ("a config that is no UTF-8", lambda at: with_config(at, b'{"model_type": "\xc3\x28"}'), "not valid JSON"),
    ("a config that is a list", lambda at: with_config(at, "[]"), "is not a JSON object"),
    ("a shard above the folder", lambda at: with_index(at, "../model.safetensors"), "no file name in its folder"),
    ("a shard that is absolute", lambda at: with_index(at, "/etc/passwd"), "no file name in its folder"),
    ("a shard that is a number", lambda at: with_index(at, 7), "no file name"),
    ("a file with nothing in it", lambda at: (at / "model.safetensors").write_bytes(b"") and None, "it is truncated"),
    (
        "a tokenizer config deep within itself",
        lambda at: (at / "tokenizer_config.json").write_text(nested(), "utf-8") and None,
        "nested deeper",
    ),
]


@pytest.mark.parametrize(("breaks", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_is_refused(
    program: Path, tmp_path: Path, measured_python: Path, breaks: Callable[[Path], None], says: str
) -> None:
    breaks(tiny_llama.write(tmp_path / "model"))

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    finished = subprocess.run(
        [program, "inspect", tmp_path / "model", "--python", measured_python],
        capture_output=True, text=True, timeout=20, check=False, preexec_fn=little_memory,
    )  # fmt: skip
    assert finished.returncode == 2, finished.stderr
    assert finished.stdout == ""
    assert says in " ".join(finished.stderr.split())


def test_a_name_cannot_speak_to_the_terminal(program: Path, tmp_path: Path, measured_python: Path) -> None:
    folder = tiny_llama.write(tmp_path / "model")
    entry = {"dtype": "F32", "shape": [7], "data_offsets": [0, 64]}
    with_header(folder, json.dumps({"\x1b[2J\x1b[31mweight": entry}).encode())
    finished = subprocess.run(
        [program, "inspect", folder, "--python", measured_python],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert finished.returncode == 2 and "takes 28 bytes" in " ".join(finished.stderr.split())
    assert "\x1b" not in finished.stderr


STRANGE: list[tuple[str, dict[str, object]]] = [
    ("more layers than any model", {"num_hidden_layers": 10**18}),
    ("fewer layers than none", {"num_hidden_layers": -1}),
    ("texts for numbers", {key: "x" for key in tiny_llama.CONFIG if key != "model_type"}),
    ("lists for numbers", {key: [1, None, {"a": []}] for key in tiny_llama.CONFIG if key != "model_type"}),
    ("numbers for objects", {"rope_scaling": 7, "rope_parameters": 8, "quantization_config": 9, "text_config": 3}),
    ("a model type that climbs", {"model_type": "../../../etc"}),
    ("a model type that is no text", {"model_type": {"a": 1}}),
    ("a huge number", {"rope_theta": 1e308, "vocab_size": 1e300, "head_dim": 10**30}),
    ("escape sequences", {"architectures": ["\x1b[2J\x1b[31mLlama"], "model_type": "\x1b[2J"}),
]


@pytest.mark.parametrize("values", [case[1] for case in STRANGE], ids=[case[0] for case in STRANGE])
def test_a_config_that_makes_no_sense_is_told_as_far_as_it_goes(
    program: Path, tmp_path: Path, measured_python: Path, values: dict[str, object]
) -> None:
    folder = tiny_llama.write(tmp_path / "model")
    with_config(folder, json.dumps({**tiny_llama.CONFIG, **values}))
    for words in ([], ["--json"]):
        finished = subprocess.run(
            [program, "inspect", folder, "--python", measured_python, *words],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stderr
        assert "\x1b" not in finished.stdout


def test_a_tensor_whose_name_is_a_megabyte_long(program: Path, tmp_path: Path, measured_python: Path) -> None:
    """The reference's patterns are regular expressions, which must not go as deep as a name is long."""
    folder = tiny_llama.write(tmp_path / "model")
    with_config(
        folder, json.dumps({**tiny_llama.CONFIG, "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"]})
    )
    name = "model.layers.0." + "attention." * 100_000 + "weight"
    with_header(folder, json.dumps({name: {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]}}).encode())
    finished = subprocess.run(
        [program, "inspect", folder, "--python", measured_python],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
