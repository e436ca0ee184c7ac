"""`diff` shows which keys differ, the lines of the reference that read them and the branch that each value takes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from running import REPOSITORY, Run

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "rope_theta": 10000.0,
    "torch_dtype": "bfloat16",
    "vocab_size": 100,
}
Document = dict[str, Any]


def config(folder: Path, name: str, **changes: Any) -> Path:
    """Write a llama config with changes; None takes a key away."""
    values = {**LLAMA, **changes}
    file = folder / name / "config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({key: value for key, value in values.items() if value is not None}), "utf-8")
    return file


def compared(portwright: Run, python: Path, *words: str | Path) -> Document:
    """Run diff --json and check the answer against its schema."""
    done = portwright("diff", *words, "--python", python, "--json")
    assert done.returncode == 0, done.stderr
    document: Document = json.loads(done.stdout)
    schema = json.loads((REPOSITORY / "schemas" / "diff.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    return document


def row(document: Document, key: str) -> Document:
    found = [one for one in document["keys"] if one["key"] == key]
    assert len(found) == 1, [one["key"] for one in document["keys"]]
    return dict(found[0])


def test_a_key_has_its_values_lines_and_branches(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    scaled = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 64}  # fmt: skip
    a = config(tmp_path, "a")
    b = config(
        tmp_path,
        "b",
        rope_scaling=scaled,
        attention_bias=True,
        unheard_of=1,
        torch_dtype="float16",
        tie_word_embeddings=True,
    )
    document = compared(portwright, measured_python, a.parent, b)
    rope = row(document, "rope_parameters.rope_type")
    assert rope["group"] == "rope"
    assert [value["value"] for value in rope["values"]] == ["default", "llama3"]
    assert rope["values"][0]["origin"] == "default"
    assert rope["values"][1]["written_as"] == "rope_scaling.rope_type"
    branch = next(one for one in rope["branches"] if 'self.rope_type != "default"' in one["code"])
    assert Path(branch["place"]["file"]).name == "modeling_llama.py"
    assert [(taken["taken"], taken["not_taken"]) for taken in branch["taken"]] == [(0, 1), (1, 0)]
    assert rope["picks"][0]["entries"] == [None, "_compute_llama3_parameters"]
    factor = row(document, "rope_parameters.factor")
    assert factor["values"][0]["origin"] == "absent"
    assert [Path(read["place"]["file"]).name for read in factor["reads"]] == ["modeling_rope_utils.py"]
    assert row(document, "attention_bias")["values"][0]["origin"] == "default"
    assert row(document, "dtype")["group"] == "dtype"
    assert row(document, "dtype")["values"][0]["written_as"] == "torch_dtype"
    assert row(document, "unheard_of")["group"] == "unread"
    tied = row(document, "tie_word_embeddings")  # read by the base of all models
    assert {Path(read["place"]["file"]).name for read in tied["reads"]} == {"modeling_utils.py"}
    order = [one["group"] for one in document["keys"]]
    assert order == sorted(order, key=["rope", "layers", "multipliers", "dtype", "switches", "others", "unread"].index)


def test_lines_of_code_hold_what_they_are_said_to(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    a, b = config(tmp_path, "a"), config(tmp_path, "b", hidden_act="gelu", mlp_bias=True)
    document = compared(portwright, measured_python, a, b)
    reads = [read for one in document["keys"] for read in one["reads"]]
    assert reads
    for read in reads:
        lines = Path(read["place"]["file"]).read_text("utf-8").splitlines()
        assert read["code"].split()[0] in lines[read["place"]["line"] - 1]
    assert row(document, "hidden_act")["picks"][0]["entries"] == ["SiLUActivation", "GELUActivation"]


def test_old_and_new_names_are_the_same_key(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    old = config(tmp_path, "old", rope_theta=500000.0)
    new = config(
        tmp_path, "new", rope_theta=None, torch_dtype=None, dtype="bfloat16",
        rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
    )  # fmt: skip
    assert compared(portwright, measured_python, old, new)["keys"] == []


def test_a_default_written_out_is_no_difference(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    a = config(tmp_path, "a", hidden_act="silu", head_dim=16, num_key_value_heads=4)
    document = compared(portwright, measured_python, a, config(tmp_path, "b"))
    assert document["keys"] == []


def test_layers_are_counted_where_a_branch_goes_by_layer(
    portwright: Run, tmp_path: Path, measured_python: Path
) -> None:
    common = {"model_type": "gemma3_text", "num_hidden_layers": 6, "rope_local_base_freq": 10000.0}
    a = config(tmp_path, "a", **common, sliding_window_pattern=3)
    b = config(tmp_path, "b", **common)
    document = compared(portwright, measured_python, a, b)
    layers = row(document, "layer_types")
    assert [value["value"].count("full_attention") for value in layers["values"]] == [2, 1]
    assert layers["values"][0]["origin"] == "computed"
    branch = next(one for one in layers["branches"] if "config.sliding_window if" in one["code"])
    assert [taken["taken"] for taken in branch["taken"]] == [4, 5]
    assert branch["taken"][0]["by_layer"] is True


def test_text_and_markdown_say_the_same_keys(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    a, b = config(tmp_path, "a"), config(tmp_path, "b", rope_theta=5.0, odd="@x |y")
    text = portwright("diff", a, b, "--python", measured_python)
    markdown = portwright("diff", a, b, "--python", measured_python, "--format", "markdown")
    for done in (text, markdown):
        assert done.returncode == 0
        assert "rope_parameters.rope_theta" in done.stdout
        assert "modeling_llama.py:" in done.stdout
    assert "2 keys differ, 1 of them read by no code" in text.stdout
    assert "## RoPE parameters" in markdown.stdout
    assert "@x |y" not in markdown.stdout


def test_twenty_variants_are_one_look(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    files = [config(tmp_path, f"v{i}", hidden_size=64 * (i + 1), rope_theta=10000.0 * (i % 3 + 1)) for i in range(20)]
    begin = time.monotonic()
    document = compared(portwright, measured_python, *files)
    assert time.monotonic() - begin < 30  # of a build without optimisation on a busy machine
    assert len(row(document, "hidden_size")["values"]) == 20


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b'{"model_type": "llama", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested 100001 deep"),
        (b'{"model_type": "llama", "a": "\xff"}', "bad.json:1 is not UTF-8 text"),
        (b'{"model_type": "llama", "a": "' + b"x" * 17_000_000 + b'"}', "17 MB large"),
        (b'{"model_type": "lama"}', "no model type 'lama'"),
        (b'{"model_type": "../../etc/passwd"}', "no model type '../../etc/passwd'"),
        (b'{"a": 1}', "names no model_type"),
        (b"[1, 2]", "is not a JSON object"),
        (b"", "is empty where JSON was expected"),
    ],
)
def test_a_hostile_config_is_refused_in_one_sentence(
    portwright: Run, tmp_path: Path, measured_python: Path, contents: bytes, said: str
) -> None:
    (tmp_path / "bad.json").write_bytes(contents)
    done = portwright("diff", config(tmp_path, "a"), "bad.json", "--python", measured_python, timeout=30)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_values_that_are_no_config_values_do_no_harm(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    odd = config(
        tmp_path, "odd", rope_scaling=[1], rope_parameters="x", hidden_size={"a": {"b": []}}, layer_types=7,
        num_hidden_layers=10**15, text_config=5, torch_dtype=3, long="x" * 10_000_000,
    )  # fmt: skip
    assert compared(portwright, measured_python, config(tmp_path, "a"), odd)["keys"]


def test_one_model_alone_is_refused(portwright: Run, tmp_path: Path, measured_python: Path) -> None:
    done = portwright("diff", config(tmp_path, "a"), "--python", measured_python)
    assert done.returncode == 2
    assert "nothing to differ from" in done.stderr
    gone = portwright("diff", config(tmp_path, "a"), "gone", "--python", measured_python, "--json")
    assert gone.returncode == 2
    assert json.loads(gone.stdout)["error"]["fault"] == "input"
