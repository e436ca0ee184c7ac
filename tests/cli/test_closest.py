"""`closest` names the port to start from with the reasons, of the installed libraries and of small ones made here."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from running import REPOSITORY, Run

SCHEMA = json.loads((REPOSITORY / "schemas/closest.schema.json").read_text("utf-8"))


def answer(portwright: Run, python: Path, *words: str) -> dict[str, Any]:
    finished = portwright("closest", *words, "--json", "--python", python)
    assert finished.returncode == 0, finished.stderr
    document: dict[str, Any] = json.loads(finished.stdout)
    errors = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(document)]
    assert errors == []
    return document


def test_a_port_is_named_with_what_is_left_to_write(portwright: Run, measured_python: Path) -> None:
    document = answer(portwright, measured_python, "olmo3", "--top", "3")
    assert document["own_port"] == "models/olmo3.py"
    assert len(document["ranked"]) == 3
    olmo2 = next(one for one in document["ranked"] if one["name"] == "olmo2")
    assert "attention.qk_norm.whole" in [fact["fact"] for fact in olmo2["equal"]]
    window = next(one for one in olmo2["missing"] if one["fact"] == "attention.window")
    assert window["kind"] == "known variation"
    assert document["parents"][0]["model"] == "olmo2"


def test_the_same_architecture_is_a_remapping(portwright: Run, measured_python: Path) -> None:
    finished = portwright("closest", "mistral", "--python", measured_python)
    assert "mlx-lm has a port: MODEL_REMAPPING (utils.py) sends mistral to models/llama.py" in finished.stdout
    assert 'upstream wants a remapping, "mistral": "llama"' in " ".join(finished.stdout.split())
    ranked = answer(portwright, measured_python, "qwen3")["ranked"]
    assert not any(one["identical"] for one in ranked if one["name"] in ("llama", "qwen2"))


def test_references_are_ranked_too(portwright: Run, measured_python: Path) -> None:
    document = answer(portwright, measured_python, "olmo3", "--reference", "--top", "3")
    assert document["among"] == "references"
    assert "olmo2" in [one["name"] for one in document["ranked"]]
    assert "olmo3" not in [one["name"] for one in document["ranked"]]


def test_an_unknown_type_names_the_nearest(portwright: Run, measured_python: Path) -> None:
    finished = portwright("closest", "olmo33", "--python", measured_python)
    assert finished.returncode == 2
    assert "transformers has no model type 'olmo33'" in finished.stderr
    assert "olmo3" in finished.stderr.split("nearest names are")[1]


REFERENCE = """
class TinyAttention(nn.Module):
    def __init__(self, config):
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.sinks = nn.Parameter(torch.zeros(config.num_attention_heads))
    def forward(self, x):
        return self.o_proj(eager_attention_forward(self, self.q_proj(x)))
class TinyLayer(nn.Module):
    def __init__(self, config):
        self.self_attn = TinyAttention(config)
        self.input_layernorm = nn.RMSNorm(config.hidden_size)
    def forward(self, x):
        return x + self.self_attn(self.input_layernorm(x))
class TinyForCausalLM(nn.Module):
    def __init__(self, config):
        self.layers = nn.ModuleList([TinyLayer(config) for _ in range(config.num_hidden_layers)])
"""
PORT = """
class Attention(nn.Module):
    def __init__(self, args):
        self.q_proj = nn.Linear(args.hidden_size, args.hidden_size, bias=False)
        self.o_proj = nn.Linear(args.hidden_size, args.hidden_size, bias=False)
    def __call__(self, x):
        return self.o_proj(scaled_dot_product_attention(self.q_proj(x)))
class Block(nn.Module):
    def __init__(self, args):
        self.self_attn = Attention(args)
        self.input_layernorm = nn.RMSNorm(args.hidden_size)
    def __call__(self, x):
        return x + self.self_attn(self.input_layernorm(x))
class Model(nn.Module):
    def __init__(self, args):
        self.layers = [Block(args) for _ in range(args.num_hidden_layers)]
"""
AUTO = """
MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = OrderedDict([("tiny", "TinyForCausalLM"), ("lost", "LostForCausalLM")])
"""


@pytest.fixture
def python_of(tmp_path: Path, measured_python: Path) -> Path:
    """An interpreter that has no packages yet."""
    subprocess.run([measured_python, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    return tmp_path / "venv" / "bin" / "python"


@pytest.fixture
def libraries(python_of: Path) -> Path:
    """Its folder of packages, with a tiny transformers and mlx_lm."""
    site = next(python_of.parent.parent.glob("lib/python*/site-packages"))
    files = {
        "transformers/models/auto/modeling_auto.py": AUTO,
        "transformers/models/tiny/modeling_tiny.py": REFERENCE,
        "mlx_lm/models/small.py": PORT,
        "mlx_lm/utils.py": "MODEL_REMAPPING = {}\n",
    }
    for package in ("transformers", "mlx_lm"):
        name = package.replace("_", "-")
        files[f"{package}-1.0.dist-info/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        files[f"{package}/__init__.py"] = ""
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
    return site


@pytest.mark.usefixtures("libraries")
def test_what_no_port_has_is_new(portwright: Run, python_of: Path) -> None:
    document = answer(portwright, python_of, "tiny")
    first = document["ranked"][0]
    assert first["in_words"] == "as small, with attention sinks"
    assert [(one["fact"], one["kind"]) for one in first["missing"]] == [("attention.sinks", "new")]
    assert not first["identical"]


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"x = 1\n" * 9_000_000, "modeling_tiny.py"),
        (b"class TinyForCausalLM:\n    \xff\xfe = 1\n", "modeling_tiny.py"),
        (b"x = " + b"(" * 100_000, "modeling_tiny.py"),
        (b"", "has no class TinyForCausalLM"),
        (None, "modeling_tiny.py"),
    ],
)
def test_a_bad_reference_is_one_sentence(
    portwright: Run, python_of: Path, libraries: Path, contents: bytes | None, says: str
) -> None:
    file = libraries / "transformers/models/tiny/modeling_tiny.py"
    file.unlink() if contents is None else file.write_bytes(contents)
    finished = portwright("closest", "tiny", "--python", python_of, timeout=30)
    assert finished.returncode == 2, finished.stdout
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_bad_port_is_left_aside(portwright: Run, python_of: Path, libraries: Path) -> None:
    (libraries / "mlx_lm/models/deep.py").write_bytes(b"class Model:\n    x = " + b"[" * 100_000)
    (libraries / "mlx_lm/models/bytes.py").write_bytes(b"class Model:\n    \xff\n")
    document = answer(portwright, python_of, "tiny")
    assert [one["name"] for one in document["ranked"]] == ["small"]


def test_a_missing_library_is_said(portwright: Run, python_of: Path, libraries: Path) -> None:
    shutil.rmtree(libraries / "transformers")
    shutil.rmtree(libraries / "transformers-1.0.dist-info")
    finished = portwright("closest", "tiny", "--python", python_of)
    assert finished.returncode in (2, 3)
    assert "transformers" in finished.stderr
