"""The port's worker over real pipes, with real mlx-lm, on tiny random checkpoints."""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from port_checkpoints import ids, make_checkpoint, shapes_of, write_weights
from portwright_probes import safetensors_io
from portwright_probes.fingerprint import multiset_hash, total
from portwright_probes.port.installed import PortFiles
from probe_client import ProbeClient

pytest.importorskip("mlx.core")

_LONG = [ids(40), ids(40, seed=5)]  # enough tokens for the switch layers to sort


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbeClient]:
    client = ProbeClient("port", tmp_path_factory.mktemp("exchange"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("moe"), "qwen3_moe")


def load(worker: ProbeClient, folder: Path, **options: Any) -> dict[str, Any]:
    return worker.ask("load", folder=str(folder), **options)


def installed_port(name: str) -> Path:
    """The source of mlx-lm's own port, found without importing it."""
    spec = importlib.util.find_spec("mlx_lm")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "models" / f"{name}.py"


def changed_port(folder: Path, name: str, old: str, new: str) -> str:
    """A copy of the installed port with one thing replaced."""
    source = installed_port(name).read_text()
    assert source.count(old) == 1, f"{name}.py has {source.count(old)} of {old!r}"
    file = folder / f"{name}.py"
    file.write_text(source.replace(old, new))
    return str(file)


def save(folder: Path, worker: ProbeClient) -> str:
    """Writes what the last answer brought as a file to force from."""
    file = folder / "given.safetensors"
    safetensors_io.write(
        file, {name: (worker.dtypes[name], a.shape, np.ascontiguousarray(a).data) for name, a in worker.tensors.items()}
    )
    return str(file)


def forced_calls(answer: dict[str, Any], sides: tuple[str, ...] = ("in", "out")) -> dict[str, dict[str, str | None]]:
    """Every call's tensors as names to force, through `same_as`."""

    def name(record: dict[str, Any], side: str) -> str | None:
        if side not in sides or record[side] is None:
            return None
        return record[side]["same_as"] or f"{record['call']}:{side}"

    return {record["call"]: {side: name(record, side) for side in ("in", "out")} for record in answer["calls"]}


def test_the_greeting_comes_early_and_says_what_is_here(worker: ProbeClient) -> None:
    assert worker.greeting["side"] == "port"
    assert worker.greeting["backend"] in ("cpu", "metal", "cuda")
    assert set(worker.greeting["versions"]) == {"python", "mlx", "mlx_lm", "numpy", "transformers"}
    assert Path(worker.greeting["paths"]["mlx_lm"]).is_dir()
    assert "forward" in worker.greeting["capabilities"]


def test_a_python_without_mlx_greets_with_an_error(tmp_path: Path) -> None:
    (tmp_path / "mlx").mkdir()
    (tmp_path / "mlx" / "__init__.py").write_text("raise ImportError('broken on purpose')")
    probes = Path(__file__).resolve().parents[2] / "probes"
    client = ProbeClient("port", tmp_path, environment={"PYTHONPATH": f"{tmp_path}{os.pathsep}{probes}"})
    assert client.greeting["error"]["kind"] == "environment"
    assert "broken on purpose" in client.greeting["error"]["sentence"]
    assert client.process.wait(20) == 0


def test_loading_accounts_for_every_tensor(worker: ProbeClient, llama: Path) -> None:
    answer = load(worker, llama)
    assert answer["class"] == "Model" and answer["file"].endswith("llama.py")
    assert answer["weights"] == {"in_files": len(shapes_of(llama)), "missing": [], "unexpected": [], "dropped": []}
    assert answer["strict_error"] is None and answer["tied"] is False
    assert {p["dtype"] for p in answer["parameters"]} == {"bfloat16"}
    assert {"path": "(root)", "class": "Model"} in answer["modules"]
    assert {p["dtype"] for p in load(worker, llama, dtype="float32")["parameters"]} == {"float32"}


def test_missing_unexpected_and_misshapen_weights_are_results(worker: ProbeClient, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path)
    shapes = shapes_of(folder)
    del shapes["model.layers.1.mlp.up_proj.weight"]
    shapes["model.layers.7.surprise.weight"] = (3,)
    shapes["model.norm.weight"] = (5,)
    write_weights(folder, shapes)
    answer = load(worker, folder)
    assert answer["weights"]["missing"] == ["model.layers.1.mlp.up_proj.weight", "model.norm.weight"]
    assert answer["weights"]["unexpected"] == ["model.layers.7.surprise.weight", "model.norm.weight"]
    assert "surprise" in answer["strict_error"]
    assert worker.ask("forward", model=answer["model"], ids=[ids(4)])["logits"]["shape"] == [1, 4, 96]


def test_dropped_is_told_from_stacked_and_renamed(worker: ProbeClient, mixture: Path, tmp_path: Path) -> None:
    assert load(worker, mixture)["weights"]["dropped"] == []  # the experts are stacked
    tied = make_checkpoint(tmp_path, tie_word_embeddings=True)
    inverse = "model.layers.0.self_attn.rotary_emb.inv_freq"
    write_weights(tied, {**shapes_of(tied), "lm_head.weight": (96, 64), inverse: (8,)})
    answer = load(worker, tied)
    assert answer["tied"] is True
    assert sorted(answer["weights"]["dropped"]) == ["lm_head.weight", inverse]
    assert answer["weights"]["unexpected"] == []


def test_capturing_changes_nothing_and_tells_the_order_of_calls(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama, dtype="float32")["model"]
    worker.ask("forward", model=model, ids=_LONG)
    plain = worker.tensors["logits"]
    answer = worker.ask("forward", model=model, ids=_LONG, capture=["*"])
    assert np.array_equal(plain, worker.tensors["logits"])
    calls = {record["call"]: record for record in answer["calls"]}
    assert [record["call"] for record in answer["calls"]][:3] == ["(root)#0", "model#0", "model.embed_tokens#0"]
    assert calls["model.layers.1.self_attn.rope#1"]["parent"] == "model.layers.1.self_attn#0"
    assert calls["model.layers.0.self_attn#0"]["class"] == "Attention"
    assert sorted(record["order_out"] for record in answer["calls"]) == list(range(len(calls)))
    assert calls["model.embed_tokens#0"]["in"] is None
    layer = calls["model.layers.0#0"]
    assert layer["in"]["same_as"] == "model.embed_tokens#0:out"
    assert "model.layers.0#0:in" not in worker.tensors and "model.layers.0#0:out" in worker.tensors
    worker.ask("forward", model=model, ids=_LONG)
    assert np.array_equal(plain, worker.tensors["logits"]), "the hooks are still there"


def test_selection_points_and_descriptions(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama)["model"]
    answer = worker.ask(
        "forward", model=model, ids=_LONG, capture=["model.layers.*.mlp"], points=["out"], logits="last"
    )
    assert [record["call"] for record in answer["calls"]] == ["model.layers.0.mlp#0", "model.layers.1.mlp#0"]
    assert set(worker.tensors) == {"model.layers.0.mlp#0:out", "model.layers.1.mlp#0:out", "logits"}
    assert worker.dtypes["logits"] == "BF16" and worker.tensors["logits"].shape == (2, 1, 96)
    answer = worker.ask("forward", model=model, ids=_LONG, capture=["*"], dtype_only=True)
    assert set(worker.tensors) == {"logits"} and answer["calls"][1]["out"]["dtype"] == "bfloat16"


def test_the_cache_and_the_plain_forward_agree(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama, dtype="float32")["model"]
    worker.ask("forward", model=model, ids=_LONG)
    plain = worker.tensors["logits"]
    worker.ask("forward", model=model, ids=_LONG, cache=True)
    np.testing.assert_allclose(worker.tensors["logits"], plain, atol=1e-5)


def test_tied_logits_are_a_call_of_their_own(worker: ProbeClient, tmp_path: Path) -> None:
    model = load(worker, make_checkpoint(tmp_path, tie_word_embeddings=True))["model"]
    answer = worker.ask("forward", model=model, ids=_LONG, capture=["*embed_tokens*"])
    assert [record["call"] for record in answer["calls"]] == ["model.embed_tokens#0", "model.embed_tokens.as_linear#0"]


def test_switch_layers_give_tokens_in_the_callers_order(worker: ProbeClient, mixture: Path) -> None:
    model = load(worker, mixture, dtype="float32")["model"]
    many, few = _LONG[:1], [_LONG[0][:10]]
    worker.ask("forward", model=model, ids=many, capture=["*.switch_mlp.*"])
    sorted_tensors = worker.tensors
    answer = worker.ask("forward", model=model, ids=few, capture=["*.switch_mlp.*"])  # too few tokens to be sorted
    outputs = [f"{record['call']}:out" for record in answer["calls"]]
    assert len(outputs) == 8
    for name in outputs:
        assert sorted_tensors[name].shape[:3] == (1, 40, 2)
        np.testing.assert_allclose(sorted_tensors[name][:, :10], worker.tensors[name], atol=2e-5)


@pytest.mark.parametrize("tokens", [10, 40])  # the switch layers sort many
def test_a_block_shows_its_choice_of_experts(worker: ProbeClient, mixture: Path, tokens: int) -> None:
    model = load(worker, mixture, dtype="float32")["model"]
    answer = worker.ask("forward", model=model, ids=[_LONG[0][:tokens]], capture=["model.layers.1.mlp*"])
    records = {record["call"]: record for record in answer["calls"]}
    block = "model.layers.1.mlp"
    routing = [name for name in records if ".@routing" in name]
    assert routing == [f"{block}.@routing#0", f"{block}.@routing_order#0"], "of the switch layer, not of those within"
    assert {records[name]["parent"] for name in routing} == {f"{block}#0"}
    names = list(records)
    assert names[names.index(routing[1]) + 1] == f"{block}.switch_mlp#0"

    chosen = worker.tensors[f"{block}.@routing#0:in"]
    order = worker.tensors[f"{block}.@routing_order#0:in"].astype(int)
    logits = worker.tensors[f"{block}.gate#0:out"].reshape(tokens, -1)
    assert chosen.shape == logits.shape and order.shape == (tokens, 2)
    assert np.array_equal(chosen, np.argsort(np.argsort(-logits)) < 2)
    assert np.array_equal(np.take_along_axis(chosen, order, 1), np.ones_like(order))
    # The block's output is the sum of what the switch layer hands out in that order, with the weights of the logits.
    weights = np.take_along_axis(np.exp(logits), order, 1)
    weights /= weights.sum(1, keepdims=True)
    outputs = worker.tensors[f"{block}.switch_mlp#0:out"].reshape(tokens, 2, -1)
    made = (outputs * weights[..., None]).sum(1)
    np.testing.assert_allclose(worker.tensors[f"{block}#0:out"][0], made, rtol=0, atol=1e-5)


def test_forcing_a_models_own_captures_reproduces_it_exactly(
    worker: ProbeClient, llama: Path, mixture: Path, tmp_path: Path
) -> None:
    for number, folder in enumerate((llama, mixture)):
        model = load(worker, folder, dtype="float32")["model"]
        answer = worker.ask("forward", model=model, ids=_LONG, capture=["*"])
        captured = worker.tensors
        (tmp_path / str(number)).mkdir()
        force = {"files": [save(tmp_path / str(number), worker)], "calls": forced_calls(answer)}
        again = worker.ask("forward", model=model, ids=_LONG, capture=["*"], force=force)
        assert np.array_equal(captured["logits"], worker.tensors["logits"])
        for name, array in worker.tensors.items():
            assert np.array_equal(array, captured[name]), name
        layer = next(record for record in again["calls"] if record["call"] == "model.layers.1#0")
        assert layer["in"]["forced"] == "model.layers.0#0:out", "the layer before handed out this very array"


def test_attention_shows_what_it_is_computed_from(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama, dtype="float32")["model"]
    answer = worker.ask("forward", model=model, ids=_LONG, capture=["*.@*"])
    names = [record["call"] for record in answer["calls"]][:4]
    function = "model.layers.0.self_attn.@attention"
    assert names == [f"{function}_key#0", f"{function}_value#0", f"{function}_mask#0", f"{function}#0"]
    query, keys = worker.tensors[f"{function}#0:in"], worker.tensors[f"{function}_key#0:in"]
    mask, values = worker.tensors[f"{function}_mask#0:in"], worker.tensors[f"{function}_value#0:in"]
    assert np.array_equal(mask, np.tril(np.ones((len(_LONG[0]), len(_LONG[0])))))
    groups = query.shape[1] // keys.shape[1]
    scores = query @ np.repeat(keys, groups, axis=1).swapaxes(2, 3)
    weights = np.exp(scores - scores.max(-1, keepdims=True)) * mask
    made = (weights / weights.sum(-1, keepdims=True)) @ np.repeat(values, groups, axis=1)
    np.testing.assert_allclose(worker.tensors[f"{function}#0:out"], made.swapaxes(1, 2), rtol=0, atol=1e-5)
    assert answer["calls"][3]["scalars"] == {"scale": query.shape[-1] ** -0.5}


def test_attention_of_a_port_that_calls_mlx_itself(worker: ProbeClient, llama: Path, tmp_path: Path) -> None:
    calls_mlx = changed_port(
        tmp_path,
        "llama",
        "scaled_dot_product_attention(\n            queries, keys, values, cache=cache, scale",
        "mx.fast.scaled_dot_product_attention(\n            queries, keys, values, scale",
    )
    functions = []
    for options in ({}, {"port_file": calls_mlx}):
        model = load(worker, llama, **options)["model"]
        answer = worker.ask("forward", model=model, ids=[_LONG[0]], capture=["*@attention*"])
        functions.append([call["call"] for call in answer["calls"]])
    assert functions[0] == functions[1] != []


def test_a_port_that_imports_another_sees_the_one_in_place(tmp_path: Path) -> None:
    def file_of_llama() -> str:
        return str(importlib.import_module("mlx_lm.models.smollm3").llama.__file__)

    ports = PortFiles()
    (tmp_path / "llama.py").write_text(installed_port("llama").read_text())
    ports.install("llama", tmp_path / "llama.py")
    assert file_of_llama() == str(tmp_path / "llama.py")
    ports.clear()
    assert "site-packages" in file_of_llama()


def test_a_planted_bug_shows_in_its_module_alone_when_forced(worker: ProbeClient, llama: Path, tmp_path: Path) -> None:
    good = load(worker, llama, dtype="float32")["model"]
    answer = worker.ask("forward", model=good, ids=_LONG, capture=["*"])
    reference = worker.tensors
    force = {"files": [save(tmp_path, worker)], "calls": forced_calls(answer)}
    port = changed_port(
        tmp_path, "llama", "swiglu(self.gate_proj(x), self.up_proj(x))", "self.gate_proj(x) * self.up_proj(x)"
    )
    bad = load(worker, llama, dtype="float32", port_file=port)
    assert bad["file"] == port
    worker.ask("forward", model=bad["model"], ids=_LONG)
    assert not np.allclose(worker.tensors["logits"], reference["logits"], atol=0.1)
    worker.ask("forward", model=bad["model"], ids=_LONG, capture=["*"], force=force)
    wrong = {name for name, array in worker.tensors.items() if not np.array_equal(array, reference[name])}
    # The product made wrongly inside `mlp` arrives at down_proj, whose own output is right on the given input.
    assert wrong == {f"model.layers.{layer}.mlp.down_proj#0:in" for layer in (0, 1)}
    load(worker, llama)  # the installed port is back
    assert load(worker, llama)["file"] != port


def test_an_array_changed_in_place_is_not_taken_for_the_one_handed_out(
    worker: ProbeClient, llama: Path, tmp_path: Path
) -> None:
    port = changed_port(tmp_path, "llama", "h = self.embed_tokens(inputs)", "h = self.embed_tokens(inputs); h *= 1.5")
    model = load(worker, llama, dtype="float32", port_file=port)["model"]
    answer = worker.ask("forward", model=model, ids=_LONG, capture=["model.embed_tokens", "model.layers.0"])
    layer = answer["calls"][1]["in"]
    assert layer["same_as"] is None
    np.testing.assert_allclose(
        worker.tensors["model.layers.0#0:in"], worker.tensors["model.embed_tokens#0:out"] * np.float32(1.5)
    )
    force = {"files": [save(tmp_path, worker)], "calls": {"model.embed_tokens#0": {"out": "model.embed_tokens#0:out"}}}
    answer = worker.ask("forward", model=model, ids=_LONG, capture=["model.layers.0"], force=force)
    assert answer["calls"][0]["in"]["forced"] is None


def test_replay_runs_one_call_on_a_given_input(worker: ProbeClient, llama: Path, tmp_path: Path) -> None:
    model = load(worker, llama, dtype="float32")["model"]
    call = "model.layers.1.post_attention_layernorm#0"
    worker.ask("forward", model=model, ids=_LONG, capture=["*"])
    expected = worker.tensors[f"{call}:out"]
    file = save(tmp_path, worker)
    worker.ask("replay", model=model, ids=_LONG, call=call, in_={"file": file, "name": f"{call}:in"})
    assert set(worker.tensors) == {f"{call}:out"} and np.array_equal(worker.tensors[f"{call}:out"], expected)
    worker.ask("replay", model=model, ids=_LONG, call=call, in_={"file": file, "name": "model.layers.0#0:out"})
    assert not np.array_equal(worker.tensors[f"{call}:out"], expected)
    error = worker.fail(
        "replay", model=model, ids=_LONG, call="model.nothing#0", in_={"file": file, "name": f"{call}:in"}
    )
    assert error["kind"] == "bad_request"


def test_decode_score_and_forward_tell_the_same(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama, dtype="float32")["model"]
    prompt = ids(12)
    answer = worker.ask("decode", model=model, ids=prompt, tokens=20)
    chosen, steps = answer["ids"], answer["steps"]
    assert len(chosen) == 20 and answer["finish"] == "length" and [p["done"] for p in worker.progress] == [8, 16]
    assert [pair[0] for pair in steps["top"]] == chosen
    score = worker.ask("score", model=model, ids=prompt + chosen, from_=len(prompt))
    np.testing.assert_allclose(score["logprob"], steps["logprob"], atol=1e-4)
    np.testing.assert_allclose(score["entropy"], steps["entropy"], atol=1e-4)
    worker.ask("forward", model=model, ids=[prompt + chosen])
    logits = worker.tensors["logits"][0, len(prompt) - 1 : -1].astype(np.float64)
    exact = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    np.testing.assert_allclose(score["logprob"], exact[np.arange(20), chosen], atol=1e-5)
    np.testing.assert_allclose(score["entropy"], -(np.exp(exact) * exact).sum(-1), atol=1e-5)
    forced = worker.ask("decode", model=model, ids=prompt, tokens=20, force=chosen)
    assert forced["ids"] == chosen and forced["steps"] == steps
    other = [(token + 1) % 96 for token in chosen]
    assert worker.ask("decode", model=model, ids=prompt, tokens=20, force=other)["ids"] == other
    stopped = worker.ask("decode", model=model, ids=prompt, tokens=20, stop=[chosen[4]])
    assert stopped["finish"] == "stop" and stopped["ids"] == chosen[: chosen.index(chosen[4]) + 1]


def test_fingerprints_do_not_depend_on_stacking(worker: ProbeClient, mixture: Path) -> None:
    model = load(worker, mixture)["model"]
    tensors = safetensors_io.read(mixture / "model.safetensors")
    layer = "model.layers.1"
    parts = [multiset_hash(t.array) for name, t in tensors.items() if name.startswith(f"{layer}.mlp.experts.")]
    whole = total(multiset_hash(t.array) for t in tensors.values())
    answer = worker.ask("fingerprint", model=model, paths=[f"{layer}.mlp.switch_mlp", "(root)"])
    assert answer == {f"{layer}.mlp.switch_mlp": f"{total(parts):016x}", "(root)": f"{whole:016x}"}
    assert worker.fail("fingerprint", model=model, paths=["nothing"])["kind"] == "bad_request"


def test_sends_parameters_as_they_are_loaded(worker: ProbeClient, mixture: Path) -> None:
    model = load(worker, mixture)["model"]
    path = "model.layers.1.self_attn"
    answer = worker.ask("parameters", model=model, path=path)
    stored = safetensors_io.read(mixture / "model.safetensors")
    assert set(answer["shapes"]) == set(worker.tensors) and f"{path}.q_proj.weight" in worker.tensors
    for name, array in worker.tensors.items():
        assert np.array_equal(array, stored[name].array)
    assert worker.fail("parameters", model=model, path="nothing")["kind"] == "bad_request"


def test_unload_gives_memory_back(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama)["model"]
    before = worker.ask("memory")["mlx_active"]
    worker.ask("unload", model=model)
    assert worker.ask("memory")["mlx_active"] < before
    assert worker.fail("forward", model=model, ids=[[1]])["kind"] == "bad_request"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import mlx\ndef broken(:\n", 2),
        ("\nimport does_not_exist_anywhere\n", 2),
        ("import sys\n\nsys.exit(3)\n", 3),
        ("class ModelArgs: pass\n", 1),
        (
            "from .base import BaseModelArgs as ModelArgs\n"
            "class Model:\n    def __init__(self, args):\n        1 / 0\n",
            4,
        ),
    ],
)
def test_a_broken_port_is_told_with_its_line(
    worker: ProbeClient, llama: Path, tmp_path: Path, source: str, line: int
) -> None:
    file = tmp_path / "port.py"
    file.write_text(source)
    error = worker.fail("load", folder=str(llama), port_file=str(file))
    assert (error["kind"], error["where"]) == ("port", f"{file}:{line}")


def test_an_exception_in_the_forward_is_the_ports(worker: ProbeClient, llama: Path, tmp_path: Path) -> None:
    port = changed_port(tmp_path, "llama", "h = self.embed_tokens(inputs)", "h = self.embed_tokens(inputs)[:, :, :7]")
    model = load(worker, llama, port_file=port)["model"]
    for capture in ([], ["*"]):
        error = worker.fail("forward", model=model, ids=_LONG, capture=capture)
        assert error["kind"] == "port" and error["where"].startswith(f"{port}:")
    good = load(worker, llama)["model"]
    worker.ask("forward", model=good, ids=_LONG)


def test_unreadable_checkpoints_are_told(worker: ProbeClient, llama: Path, tmp_path: Path) -> None:
    assert worker.fail("load", folder=str(tmp_path))["kind"] == "checkpoint"
    (tmp_path / "config.json").write_text("{ no json")
    assert worker.fail("load", folder=str(tmp_path))["kind"] == "checkpoint"
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    assert "safetensors" in worker.fail("load", folder=str(tmp_path))["sentence"]
    data = (llama / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(data[:-100])
    assert worker.fail("load", folder=str(tmp_path))["kind"] == "checkpoint"
    unknown = make_checkpoint(tmp_path / "unknown", model_type="nobody_ported_this")
    assert worker.fail("load", folder=str(unknown))["kind"] == "unsupported"


def test_a_folder_without_a_tokenizer_says_so_and_can_be_quantized(
    worker: ProbeClient, llama: Path, tmp_path: Path
) -> None:
    assert worker.fail("tokenize", folder=str(llama), texts=["a"])["kind"] == "unsupported"
    out = tmp_path / "quantized"
    answer = worker.ask("convert", folder=str(llama), out=str(out), bits=4, group_size=32)
    assert 4 < answer["bits_per_weight"] < 8
    quantized = load(worker, out)
    assert {"path": "lm_head.scales", "shape": [96, 2], "dtype": "bfloat16"} in quantized["parameters"]
    assert quantized["strict_error"] is None
    worker.ask("forward", model=quantized["model"], ids=_LONG)
    assert worker.fail("convert", folder=str(llama), out=str(out), bits=4, group_size=32)["kind"] == "bad_request"


def test_bad_requests_are_refused(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama)["model"]
    assert worker.fail("nonsense")["kind"] == "bad_request"
    assert worker.fail("load", folder=str(llama), dtype="float64")["kind"] == "bad_request"
    assert worker.fail("forward", model=model, ids=[[1, 2], [3]])["kind"] == "bad_request"
    assert "'captures'" in worker.fail("forward", model=model, ids=[[1]], captures=[])["sentence"]
    force = {"files": [], "calls": {"model#0": {"in": "absent"}}}
    assert worker.fail("forward", model=model, ids=[[1]], force=force)["kind"] == "bad_request"


def test_a_decode_is_cancelled_between_tokens(worker: ProbeClient, llama: Path) -> None:
    model = load(worker, llama)["model"]
    request = worker.submit("decode", model=model, ids=ids(4), tokens=100_000)
    time.sleep(0.3)
    worker.send({"cancel": request})
    answer = worker.wait(request)
    assert answer["error"]["kind"] == "cancelled" and answer["seconds"] < 20
    worker.ask("forward", model=model, ids=_LONG)
