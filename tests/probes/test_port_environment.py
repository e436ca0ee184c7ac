"""What the port's worker does to its own process, and its tokenizers: torch, a preloaded BLAS, the canary."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from port_checkpoints import ids, make_checkpoint
from probe_client import ProbeClient

pytest.importorskip("mlx.core")

_OPENBLAS = next(Path("/usr/lib").glob("*/openblas-pthread/libopenblas.so.0"), None)
_TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_checkpoint(tmp_path / "model", tie_word_embeddings=True)


def start(tmp_path: Path, *options: str, **environment: str) -> ProbeClient:
    exchange = tmp_path / "exchange"
    exchange.mkdir(exist_ok=True)
    return ProbeClient("port", exchange, *options, environment=environment)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[ProbeClient]:
    client = start(tmp_path)
    yield client
    client.close()


def add_tokenizer(folder: Path, template: str | None) -> None:
    """A tokenizer of words, with a beginning-of-sequence token that is added to every text."""
    words = {word: number for number, word in enumerate(["<s>", "</s>", "<unk>", "one", "two", "<user>", "<a>"])}
    added = [{"id": words[w], "content": w, "special": True} for w in ("<s>", "</s>", "<unk>", "<user>", "<a>")]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    single = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    tokenizer = {
        "version": "1.0",
        "added_tokens": [{**plain, **token} for token in added],
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}},
        },
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "<unk>"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
    }
    (folder / "tokenizer_config.json").write_text(
        json.dumps({**config, "chat_template": template} if template else config)
    )


def test_tokenizer_and_template_come_through_mlx_lm(worker: ProbeClient, folder: Path) -> None:
    add_tokenizer(folder, _TEMPLATE)
    answer = worker.ask("tokenize", folder=str(folder), texts=["one two three", ""], special=True)
    assert answer["ids"] == [[0, 3, 4, 2], [0]]
    assert (answer["eos"], answer["bos"], answer["vocab"]) == ([1], 0, 7)
    assert worker.ask("tokenize", folder=str(folder), texts=["two"], special=False)["ids"] == [[4]]
    messages = [{"role": "user", "content": "one"}]
    assert worker.ask("render_template", folder=str(folder), messages=messages) == {
        "text": "<user>one<a>",
        "ids": [5, 3, 6],
    }
    rendered = worker.ask("render_template", folder=str(folder), messages=messages, add_generation_prompt=False)
    assert rendered["text"] == "<user>one"


def test_a_tokenizer_without_a_template_renders_nothing(worker: ProbeClient, folder: Path) -> None:
    add_tokenizer(folder, None)
    messages = [{"role": "user", "content": "one"}]
    assert worker.ask("render_template", folder=str(folder), messages=messages) == {"text": None, "ids": None}


def test_a_damaged_tokenizer_is_the_checkpoints_fault(worker: ProbeClient, folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{")
    assert worker.fail("tokenize", folder=str(folder), texts=["one"])["kind"] == "checkpoint"


def test_torch_is_not_imported_unless_the_port_does(worker: ProbeClient, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    own = (Path(worker.greeting["paths"]["mlx_lm"]) / "models" / "llama.py").read_text()
    port = tmp_path / "port.py"
    port.write_text(f"import sys\nassert 'torch' not in sys.modules\nimport torch\n{own}")
    assert worker.ask("load", folder=str(folder), port_file=str(port))["class"] == "Model"


def test_the_canary_is_not_touched(folder: Path, tmp_path: Path) -> None:
    client = start(tmp_path, "--untouched")
    assert client.fail("load", folder=str(folder), products="f32-rounded")["kind"] == "unsupported"
    model = client.ask("load", folder=str(folder))["model"]
    client.ask("forward", model=model, ids=[ids(9)], capture=[])
    client.close()


def test_rounded_products_are_marked_and_near_the_native_ones(worker: ProbeClient, folder: Path) -> None:
    if worker.greeting["backend"] != "cpu":
        pytest.skip("the rounded products are for CPUs")
    native = worker.ask("load", folder=str(folder))
    rounded = worker.ask("load", folder=str(folder), products="f32-rounded")
    assert rounded["products"] == "f32-rounded" and "products" not in native
    assert rounded["modules"] == native["modules"]
    logits = []
    for answer in (native, rounded):
        said = worker.ask("forward", model=answer["model"], ids=[ids(30)], capture=["*"])
        assert said.get("products") == answer.get("products")
        logits.append((worker.tensors["logits"].astype(np.uint32) << 16).view(np.float32))
    assert np.linalg.norm(logits[0] - logits[1]) < 0.02 * np.linalg.norm(logits[0])
    mixture = make_checkpoint(folder.parent / "mixture", "qwen3_moe")
    model = worker.ask("load", folder=str(mixture), products="f32-rounded")["model"]
    worker.ask("forward", model=model, ids=[ids(40)])  # natively bfloat16 experts do not run on a CPU
    model = worker.ask("load", folder=str(mixture))["model"]
    assert worker.fail("forward", model=model, ids=[ids(40)])["kind"] == "unsupported"


def test_modules_inside_compiled_functions_are_captured(worker: ProbeClient, folder: Path, tmp_path: Path) -> None:
    source = (Path(worker.greeting["paths"]["mlx_lm"]) / "models" / "llama.py").read_text()
    old = "return self.down_proj(swiglu(self.gate_proj(x), self.up_proj(x)))"
    assert source.count(old) == 1
    new = "return mx.compile(lambda x: self.down_proj(swiglu(self.gate_proj(x), self.up_proj(x))))(x)"
    port = tmp_path / "llama.py"
    port.write_text(source.replace(old, new))
    model = worker.ask("load", folder=str(folder), port_file=str(port), dtype="float32")["model"]
    worker.ask("forward", model=model, ids=[ids(9)])
    plain = worker.tensors["logits"]
    answer = worker.ask("forward", model=model, ids=[ids(9)], capture=["*.down_proj"])
    assert answer["compiled"] is False and len(answer["calls"]) == 2
    np.testing.assert_allclose(worker.tensors["logits"], plain, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(_OPENBLAS is None, reason="there is no system OpenBLAS here")
def test_a_preloaded_openblas_is_seen_and_gives_the_same(folder: Path, tmp_path: Path, worker: ProbeClient) -> None:
    fast = start(tmp_path, LD_PRELOAD=str(_OPENBLAS), OPENBLAS_NUM_THREADS="1")
    assert fast.greeting["blas"].startswith("openblas 0.") and fast.greeting["blas"].endswith("(preloaded)")
    assert fast.greeting["threads"] == 1
    assert worker.greeting["blas"] != fast.greeting["blas"]
    logits = []
    for client in (worker, fast):
        model = client.ask("load", folder=str(folder), dtype="float32")["model"]
        client.ask("forward", model=model, ids=[ids(30)])
        logits.append(client.tensors["logits"])
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-4, atol=1e-4)
    fast.close()


def test_the_forwarding_library_says_how_it_is_called() -> None:
    script = Path(__file__).resolve().parents[2] / "scripts" / "build-openblas-forward"
    result = subprocess.run([script], capture_output=True, text=True, check=False)
    assert result.returncode == 2 and "usage" in result.stderr
