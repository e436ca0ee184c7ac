"""The reference's worker over real pipes, with real transformers, on tiny random checkpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from portwright_probes import safetensors_io
from portwright_probes.fingerprint import multiset_hash
from probe_client import ProbeClient
from tiny_models import VOCABULARY, make_checkpoint

TYPES = ("llama", "qwen3_moe", "gemma3_text")
IDS = [int(i) for i in np.random.default_rng(5).integers(0, VOCABULARY, 40)]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbeClient]:
    client = ProbeClient("reference", tmp_path_factory.mktemp("exchange"), environment={"OMP_NUM_THREADS": "1"})
    yield client
    client.close()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: make_checkpoint(tmp_path_factory.mktemp(kind), kind) for kind in TYPES}


@pytest.fixture(scope="module")
def float32_models(worker: ProbeClient, folders: dict[str, Path]) -> dict[str, str]:
    return {kind: worker.ask("load", folder=str(folder), dtype="float32")["model"] for kind, folder in folders.items()}


def relative_l2(value: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(value.astype(np.float64) - truth) / np.linalg.norm(truth))


def save(file: Path, worker: ProbeClient) -> None:
    """Keeps the tensors of the last answer in a file to force from."""
    tensors = {
        name: (worker.dtypes[name], array.shape, np.ascontiguousarray(array)) for name, array in worker.tensors.items()
    }
    safetensors_io.write(file, tensors)


def test_greeting(worker: ProbeClient) -> None:
    assert worker.greeting["hello"] == "portwright-probe/1" and worker.greeting["side"] == "reference"
    assert {"torch", "transformers", "numpy", "python"} <= set(worker.greeting["versions"])
    assert {"load", "forward", "replay", "decode", "score", "fingerprint"} <= set(worker.greeting["capabilities"])
    assert Path(worker.greeting["paths"]["transformers"]).is_dir()


@pytest.mark.parametrize("kind", TYPES)
def test_load_describes_the_checkpoint(worker: ProbeClient, folders: dict[str, Path], kind: str) -> None:
    stored = safetensors_io.read(folders[kind] / "model.safetensors")
    loaded = worker.ask("load", folder=str(folders[kind]), dtype="native")
    assert loaded["model_type"] == kind and loaded["file"].endswith(".py")
    assert loaded["weights"] == {"in_files": len(stored), "missing": [], "unexpected": [], "dropped": []}
    assert loaded["strict_error"] is None
    assert loaded["tied"] == (kind == "gemma3_text")
    assert {parameter["dtype"] for parameter in loaded["parameters"]} == {"bfloat16"}
    elements = sum(int(np.prod(parameter["shape"])) for parameter in loaded["parameters"])
    assert elements == sum(tensor.array.size for tensor in stored.values())
    assert loaded["modules"][0] == {"path": "(root)", "class": loaded["class"]}
    whole = worker.ask("fingerprint", model=loaded["model"], paths=["(root)", "model.embed_tokens"])
    each = [multiset_hash(np.asarray(tensor.array)) for tensor in stored.values()]
    assert whole["(root)"] == f"{sum(each) % 2**64:016x}"
    embedding = multiset_hash(np.asarray(stored["model.embed_tokens.weight"].array))
    assert whole["model.embed_tokens"] == f"{embedding:016x}"
    worker.ask("unload", model=loaded["model"])


@pytest.mark.parametrize("kind", TYPES)
def test_float64_measures_float32s_error(worker: ProbeClient, folders: dict[str, Path], kind: str) -> None:
    logits = {}
    for dtype in ("native", "float32", "float64"):
        model = worker.ask("load", folder=str(folders[kind]), dtype=dtype)["model"]
        answer = worker.ask("forward", model=model, ids=[IDS])
        assert answer["calls"] == []
        assert answer["logits"] == {"dtype": "bfloat16" if dtype == "native" else dtype, "shape": [1, 40, VOCABULARY]}
        logits[dtype] = worker.tensors["logits"]
        worker.ask("unload", model=model)
    native = (logits["native"].astype(np.uint32) << 16).view(np.float32)
    assert logits["float64"].dtype == np.float64
    assert 5e-8 < relative_l2(logits["float32"], logits["float64"]) < 3e-6
    assert 1e-3 < relative_l2(native, logits["float64"]) < 1


def test_float32_keeps_stored_numbers_that_the_config_would_round(worker: ProbeClient, tmp_path: Path) -> None:
    make_checkpoint(tmp_path, "llama", dtype="float32")
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}))
    stored = safetensors_io.read(tmp_path / "model.safetensors")["model.norm.weight"]
    native = worker.ask("load", folder=str(tmp_path), dtype="native")
    assert {parameter["dtype"] for parameter in native["parameters"]} == {"bfloat16"}
    wide = worker.ask("load", folder=str(tmp_path), dtype="float32")["model"]
    found = worker.ask("fingerprint", model=wide, paths=["model.norm"])["model.norm"]
    assert found == f"{multiset_hash(np.asarray(stored.array)):016x}"


@pytest.mark.parametrize("kind", TYPES)
def test_captures(worker: ProbeClient, float32_models: dict[str, str], kind: str) -> None:
    answer = worker.ask("forward", model=float32_models[kind], ids=[IDS, IDS[::-1]], capture=["*"])
    calls = {call["call"]: call for call in answer["calls"]}
    points = {f"{name}:{side}": call[side] for name, call in calls.items() for side in ("in", "out") if call[side]}
    sent = {point for point, told in points.items() if told["same_as"] is None}
    assert set(worker.tensors) == sent | {"logits"}
    assert all(list(worker.tensors[point].shape) == points[point]["shape"] for point in sent)
    assert all(told["same_as"] in sent for point, told in points.items() if point not in sent)
    assert not any(told["forced"] for told in points.values())

    # A keyword argument is an input too, and what q, k and v are made of is one array.
    attention = "model.layers.1.self_attn"
    assert calls[f"{attention}#0"]["in"]["shape"] == [2, 40, points["model.layers.1#0:in"]["shape"][-1]]
    assert points[f"{attention}.q_proj#0:in"]["same_as"] == points[f"{attention}.k_proj#0:in"]["same_as"]
    assert points[f"{attention}.q_proj#0:in"]["same_as"] == "model.layers.1.input_layernorm#0:out"
    assert points["model.layers.1.mlp.down_proj#0:out" if kind != "qwen3_moe" else "model.layers.1.mlp#0:out"]
    assert points["model.layers.1#0:in"]["same_as"] == "model.layers.0#0:out"

    # What attention is computed from: queries times the scale, and what the mask lets through.
    function = f"{attention}.@attention"
    assert calls[f"{function}#0"]["class"] == "function" and calls[f"{function}#0"]["parent"] == f"{attention}#0"
    scores = worker.tensors[f"{function}#0:in"] @ np.repeat(
        worker.tensors[f"{function}_key#0:in"],
        points[f"{function}#0:in"]["shape"][1] // points[f"{function}_key#0:in"]["shape"][1],
        axis=1,
    ).swapaxes(2, 3)
    mask = worker.tensors[points[f"{function}_mask#0:in"]["same_as"] or f"{function}_mask#0:in"]
    assert mask.shape == (40, 40) and set(np.unique(mask)) == {0.0, 1.0} and not np.triu(mask, 1).any()
    weights = np.exp(scores - scores.max(-1, keepdims=True)) * mask
    weights /= weights.sum(-1, keepdims=True)
    values = worker.tensors[f"{function}_value#0:in"]
    made = (weights @ np.repeat(values, weights.shape[1] // values.shape[1], axis=1)).swapaxes(1, 2)
    np.testing.assert_allclose(worker.tensors[f"{function}#0:out"], made, rtol=0, atol=1e-5)
    assert calls[f"{function}#0"]["scalars"]["scale"] > 0

    assert calls["(root)#0"]["parent"] is None
    assert calls["model.layers.1.self_attn.q_proj#0"]["parent"] == "model.layers.1.self_attn#0"
    assert [call["call"] for call in answer["calls"]][:2] == ["(root)#0", "model#0"]
    unasked = sum(name.rpartition("#")[0].endswith(".@attention") for name in calls)  # for the weights of each
    assert calls["(root)#0"]["order_out"] == len(calls) - 1 + unasked
    assert calls["model.layers.0#0"]["order_out"] < calls["model.layers.1.input_layernorm#0"]["order_out"]
    if kind == "gemma3_text":
        assert "model.rotary_emb#1" in calls, "one call for each kind of layer"
    if kind == "qwen3_moe":
        assert points["model.layers.0.mlp.gate#0:out"]["shape"] == [80, 4], "the first array of the router's tuple"


def test_a_block_shows_its_choice_of_experts_and_their_weights(
    worker: ProbeClient, float32_models: dict[str, str]
) -> None:
    block = "model.layers.1.mlp"
    answer = worker.ask("forward", model=float32_models["qwen3_moe"], ids=[IDS], capture=[f"{block}*"])
    records = {record["call"]: record for record in answer["calls"]}
    routing = [name for name in records if ".@routing" in name]
    assert routing == [f"{block}.@routing#0", f"{block}.@routing_weights#0"]
    assert {records[name]["parent"] for name in routing} == {f"{block}#0"}
    assert records[routing[0]]["chosen_by"] == f"{block}.gate#0"

    chosen, weights = worker.tensors[f"{routing[0]}:in"], worker.tensors[f"{routing[1]}:in"]
    logits = worker.tensors[f"{block}.gate#0:out"]
    assert chosen.shape == weights.shape == logits.shape == (40, 4)
    assert np.array_equal(chosen, np.argsort(np.argsort(-logits)) < 2)
    made = np.exp(logits) * chosen
    np.testing.assert_allclose(weights, made / made.sum(1, keepdims=True), rtol=0, atol=1e-6)


def test_equal_arrays_that_are_not_the_same_are_sent(
    worker: ProbeClient, float32_models: dict[str, str], folders: dict[str, Path]
) -> None:
    worker.ask("forward", model=float32_models["llama"], ids=[IDS], capture=["model.layers.0.*"], points=["out"])
    first = dict(worker.tensors)
    worker.ask("forward", model=float32_models["llama"], ids=[IDS], capture=["model.layers.0.*"], points=["out"])
    assert set(first) == set(worker.tensors)
    assert all(np.array_equal(first[name], worker.tensors[name]) for name in first)
    assert all(name.endswith(":out") for name in set(first) - {"logits"})


def test_globs_logits_and_descriptions(worker: ProbeClient, float32_models: dict[str, str]) -> None:
    ask = {"model": float32_models["llama"], "ids": [IDS]}
    answer = worker.ask("forward", **ask, capture=["model.layers.*.mlp", "(root)"], logits="last", cache=True)
    assert [call["call"] for call in answer["calls"]] == ["(root)#0", "model.layers.0.mlp#0", "model.layers.1.mlp#0"]
    assert answer["calls"][1]["parent"] == "model.layers.0#0", "the caller, captured or not"
    assert worker.tensors["logits"].shape == (1, 1, VOCABULARY)
    worker.ask("forward", **ask, logits="none")
    assert worker.tensors == {}
    answer = worker.ask("forward", **ask, capture=["*"], dtype_only=True)
    assert set(worker.tensors) == {"logits"} and len(answer["calls"]) > 20
    assert answer["calls"][-1]["out"]["dtype"] == "float32"


@pytest.mark.parametrize("kind", TYPES)
def test_forced_by_its_own_captures_nothing_changes(
    worker: ProbeClient, float32_models: dict[str, str], kind: str, tmp_path: Path
) -> None:
    ask = {"model": float32_models[kind], "ids": [IDS], "capture": ["*"]}
    free = worker.ask("forward", **ask)
    tensors = dict(worker.tensors)
    save(tmp_path / "own.safetensors", worker)
    calls = {
        call["call"]: {
            side: None if call[side] is None else (call[side]["same_as"] or f"{call['call']}:{side}")
            for side in ("in", "out")
        }
        for call in free["calls"]
    }
    force = {"files": [str(tmp_path / "own.safetensors")], "calls": calls}
    forced = worker.ask("forward", **ask, force=force)
    assert np.array_equal(worker.tensors["logits"], tensors["logits"])
    assert all(np.array_equal(array, tensors[name]) for name, array in worker.tensors.items())
    arriving = {call["call"]: call["in"] for call in forced["calls"]}
    assert arriving["model.layers.1#0"]["forced"], "the very array that layer 0 was made to hand out"
    assert "model.layers.1#0:in" not in worker.tensors
    assert not arriving["model.layers.0.self_attn.o_proj#0"]["forced"], "computed by the attention itself"


def test_a_forced_output_reaches_the_caller_and_the_own_one_is_captured(
    worker: ProbeClient, float32_models: dict[str, str], tmp_path: Path
) -> None:
    ask = {"model": float32_models["llama"], "ids": [IDS], "capture": ["model.layers.0", "model.norm"]}
    worker.ask("forward", **ask)
    free = dict(worker.tensors)
    other = np.random.default_rng(1).standard_normal(free["model.layers.0#0:out"].size)  # float64, and flat
    safetensors_io.write(tmp_path / "other.safetensors", {"x": ("F64", other.shape, other)})
    force = {"files": [str(tmp_path / "other.safetensors")], "calls": {"model.layers.0#0": {"in": None, "out": "x"}}}
    worker.ask("forward", **ask, force=force)
    assert np.array_equal(worker.tensors["model.layers.0#0:out"], free["model.layers.0#0:out"])
    assert not np.array_equal(worker.tensors["model.norm#0:in"], free["model.norm#0:in"])
    assert relative_l2(worker.tensors["logits"], free["logits"]) > 0.1

    other = other[:-1]
    safetensors_io.write(tmp_path / "short.safetensors", {"x": ("F64", other.shape, np.ascontiguousarray(other))})
    for changed, words in (
        ({"files": [str(tmp_path / "short.safetensors")]}, "another number of elements"),
        ({"files": []}, "which no given file holds"),
        ({"files": [str(tmp_path / "none.safetensors")]}, "cannot be read"),
        ({"calls": {"model.layers.7#0": {"in": "x"}}}, "no array at model.layers.7#0:in"),
        ({"calls": {"model.layers.0#0": {"between": "x"}}}, "other keys"),
    ):
        error = worker.fail("forward", **ask, force={**force, **changed})
        assert error["kind"] == "bad_request" and words in error["sentence"], error


def test_replay(worker: ProbeClient, float32_models: dict[str, str], tmp_path: Path) -> None:
    model, call = float32_models["qwen3_moe"], "model.layers.1.mlp#0"
    worker.ask("forward", model=model, ids=[IDS], capture=["model.layers.1.mlp"])
    free = dict(worker.tensors)
    save(tmp_path / "points.safetensors", worker)
    given = {"file": str(tmp_path / "points.safetensors"), "name": f"{call}:in"}
    worker.ask("replay", model=model, ids=[IDS], call=call, in_=given)
    assert set(worker.tensors) == {f"{call}:out"}
    assert np.array_equal(worker.tensors[f"{call}:out"], free[f"{call}:out"])
    given["name"] = f"{call}:out"
    worker.ask("replay", model=model, ids=[IDS], call=call, in_=given)
    assert not np.array_equal(worker.tensors[f"{call}:out"], free[f"{call}:out"])
    assert worker.fail("replay", model=model, ids=[IDS], call="nowhere#0", in_=given)["kind"] == "bad_request"


@pytest.mark.parametrize("kind", TYPES)
def test_decode_and_score_agree_with_the_full_forward(
    worker: ProbeClient, float32_models: dict[str, str], kind: str
) -> None:
    model = float32_models[kind]
    greedy = worker.ask("decode", model=model, ids=IDS, tokens=20)
    assert [report["done"] // 8 for report in worker.progress] == [1, 2]
    assert greedy["finish"] == "length" and len(greedy["ids"]) == 20 and greedy["peak_bytes"] > 1 << 20
    steps = greedy["steps"]
    assert [best for best, _ in steps["top"]] == greedy["ids"]
    assert all(first >= second for first, second in steps["top_logits"])

    text = IDS + greedy["ids"]
    worker.ask("forward", model=model, ids=[text])
    rows = worker.tensors["logits"][0, len(IDS) - 1 : -1].astype(np.float64)
    logprobs = rows - np.log(np.exp(rows - rows.max(-1, keepdims=True)).sum(-1, keepdims=True)) - rows.max(-1)[:, None]
    scored = worker.ask("score", model=model, ids=text, from_=len(IDS))
    expected = logprobs[np.arange(20), greedy["ids"]]
    np.testing.assert_allclose(scored["logprob"], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(scored["entropy"], -(np.exp(logprobs) * logprobs).sum(-1), rtol=0, atol=1e-12)
    assert np.array_equal(np.sort(rows, -1)[:, :-3:-1], scored["top_logits"])
    np.testing.assert_allclose(steps["logprob"], expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(steps["entropy"], scored["entropy"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", TYPES)
def test_drafts_that_a_repeating_text_suggests_change_nothing_but_the_number_of_forwards(
    worker: ProbeClient, float32_models: dict[str, str], kind: str
) -> None:
    model = float32_models[kind]
    prompt = worker.ask("decode", model=model, ids=IDS[:4] * 12, tokens=1)["ids"] * 48
    greedy = worker.ask("decode", model=model, ids=prompt, tokens=60)
    assert greedy["forwards"] < 60
    scored = worker.ask("score", model=model, ids=prompt + greedy["ids"], from_=len(prompt))
    assert [best for best, _ in scored["top"]] == greedy["ids"] == [best for best, _ in greedy["steps"]["top"]]
    np.testing.assert_allclose(greedy["steps"]["logprob"], scored["logprob"], rtol=0, atol=1e-4)
    assert worker.ask("decode", model=model, ids=prompt, tokens=60, force=greedy["ids"])["forwards"] == 60


def test_forced_decoding_feeds_what_it_is_given(worker: ProbeClient, float32_models: dict[str, str]) -> None:
    model = float32_models["gemma3_text"]  # past its window
    fed = [int(i) for i in np.random.default_rng(8).integers(0, VOCABULARY, 12)]
    answer = worker.ask("decode", model=model, ids=IDS, tokens=12, force=fed)
    scored = worker.ask("score", model=model, ids=IDS + fed, from_=len(IDS))
    assert answer["ids"] == fed
    np.testing.assert_allclose(answer["steps"]["logprob"], scored["logprob"], rtol=0, atol=1e-4)


def test_decoding_with_one_thread_gives_the_same_text(worker: ProbeClient, float32_models: dict[str, str]) -> None:
    ask = {"model": float32_models["llama"], "ids": IDS, "tokens": 10}
    assert worker.ask("decode", threads=1, **ask)["ids"] == worker.ask("decode", **ask)["ids"]


def test_decoding_stops(worker: ProbeClient, float32_models: dict[str, str]) -> None:
    model = float32_models["llama"]
    free = worker.ask("decode", model=model, ids=IDS, tokens=10)["ids"]
    stopped = worker.ask("decode", model=model, ids=IDS, tokens=10, stop=[free[3]])
    assert stopped["finish"] == "stop" and stopped["ids"] == free[: free.index(free[3]) + 1]


def test_penalties_of_the_folder_do_not_count(worker: ProbeClient, tmp_path: Path) -> None:
    make_checkpoint(tmp_path, "llama")
    plain = worker.ask("load", folder=str(tmp_path))["model"]
    (tmp_path / "generation_config.json").write_text('{"repetition_penalty": 9.0, "do_sample": true}')
    penalised = worker.ask("load", folder=str(tmp_path))["model"]
    ask = {"ids": IDS, "tokens": 12}
    assert worker.ask("decode", model=plain, **ask)["ids"] == worker.ask("decode", model=penalised, **ask)["ids"]


def test_weights_that_do_not_fit_are_results(worker: ProbeClient, folders: dict[str, Path], tmp_path: Path) -> None:
    stored = dict(safetensors_io.read(folders["llama"] / "model.safetensors"))
    tensors: dict[str, Any] = {name: (t.dtype, t.array.shape, np.array(t.array)) for name, t in stored.items()}
    del tensors["model.layers.1.mlp.up_proj.weight"]
    tensors["model.norm.weight"] = ("F32", (3,), np.ones(3, np.float32))
    tensors["model.extra.weight"] = ("F32", (3,), np.ones(3, np.float32))
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = ("F32", (4,), np.ones(4, np.float32))
    safetensors_io.write(tmp_path / "model.safetensors", tensors)
    (tmp_path / "config.json").write_bytes((folders["llama"] / "config.json").read_bytes())
    loaded = worker.ask("load", folder=str(tmp_path), dtype="float32")
    assert loaded["weights"] == {
        "in_files": len(tensors),
        "missing": ["model.layers.1.mlp.up_proj.weight", "model.norm.weight"],
        "unexpected": ["model.extra.weight"],
        "dropped": ["model.layers.0.self_attn.rotary_emb.inv_freq"],
    }
    assert "missing: model.layers.1.mlp.up_proj.weight" in loaded["strict_error"]
    assert "model.norm.weight (stored [3], wanted [32])" in loaded["strict_error"]
    worker.ask("forward", model=loaded["model"], ids=[IDS])
    assert np.isfinite(worker.tensors["logits"]).all()


def test_broken_folders(worker: ProbeClient, folders: dict[str, Path], tmp_path: Path) -> None:
    def error(kind: str, words: str) -> None:
        found = worker.fail("load", folder=str(tmp_path), dtype="float32")
        assert found["kind"] == kind and words in found["sentence"], found

    error("checkpoint", "config.json cannot be read")
    (tmp_path / "config.json").write_text("{")
    error("checkpoint", "config.json cannot be read")
    (tmp_path / "config.json").write_text("{}")
    error("checkpoint", "no model_type")
    (tmp_path / "config.json").write_text('{"model_type": "of-my-own"}')
    error("unsupported", "'of-my-own'")
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    error("unsupported", "no causal language model")
    (tmp_path / "config.json").write_bytes((folders["llama"] / "config.json").read_bytes())
    error("checkpoint", "model.safetensors")
    data = (folders["llama"] / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(data[:-100])
    error("checkpoint", "model.safetensors cannot be read")
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"w": "model-2.safetensors"}}')
    error("checkpoint", "model-2.safetensors, which is not there")


def test_bad_requests(worker: ProbeClient, float32_models: dict[str, str], folders: dict[str, Path]) -> None:
    model = float32_models["llama"]
    for do, arguments, words in (
        ("forward", {"model": model, "ids": [IDS], "captures": ["*"]}, "unknown argument 'captures'"),
        ("forward", {"model": "m999", "ids": [IDS]}, "no model 'm999'"),
        ("forward", {"model": model, "ids": [IDS, IDS[1:]]}, "same length"),
        ("forward", {"model": model, "ids": []}, "same length"),
        ("forward", {"model": model, "ids": [IDS], "logits": "first"}, "'logits'"),
        ("load", {"folder": str(folders["llama"]), "dtype": "float16"}, "'dtype'"),
        ("score", {"model": model, "ids": IDS, "from_": len(IDS)}, "`from`"),
        ("decode", {"model": model, "ids": [], "tokens": 3}, "at least one"),
        ("decode", {"model": model, "ids": IDS, "tokens": 3, "threads": 0}, "at least one"),
        ("fingerprint", {"model": model, "paths": ["nowhere"]}, "'nowhere'"),
        ("convert", {}, "unknown request"),
    ):
        error = worker.fail(do, **arguments)
        assert error["kind"] == "bad_request" and words in error["sentence"], error
    error = worker.fail("forward", model=model, ids=[[VOCABULARY + 5]])
    assert error["kind"] == "reference" and "IndexError" in error["detail"]
    assert worker.ask("memory")["rss"] > 0, "it goes on after all of them"


def test_cancel(worker: ProbeClient, float32_models: dict[str, str]) -> None:
    for do, arguments in (("decode", {"ids": IDS, "tokens": 100_000}), ("score", {"ids": IDS * 400})):
        request = worker.submit(do, model=float32_models["llama"], **arguments)
        time.sleep(0.3)
        started = time.monotonic()
        worker.send({"cancel": request})
        assert worker.wait(request)["error"]["kind"] == "cancelled"
        assert time.monotonic() - started < 10
    assert worker.ask("memory")


def test_unload_gives_memory_back(worker: ProbeClient, tmp_path: Path) -> None:
    make_checkpoint(tmp_path, "llama", hidden_size=512, intermediate_size=4096, num_hidden_layers=6)
    worker.ask("unload", model=worker.ask("load", folder=str(tmp_path), dtype="float32")["model"])
    before = worker.ask("memory")["rss"]
    model = worker.ask("load", folder=str(tmp_path), dtype="float32")["model"]
    held = worker.ask("memory")["rss"] - before
    assert held > 100 << 20
    worker.ask("unload", model=model)
    assert worker.ask("memory")["rss"] - before < held / 2, "allocators keep some"
    assert worker.fail("forward", model=model, ids=[IDS])["kind"] == "bad_request"


def test_tokenizer_and_template(worker: ProbeClient, folders: dict[str, Path], tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    assert worker.fail("tokenize", folder=str(folders["llama"]), texts=["a"])["kind"] == "unsupported"
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1, "b": 2, "</s>": 3, "user": 4}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>")
    fast.save_pretrained(tmp_path)
    ask = {"folder": str(tmp_path), "texts": ["a b", "", "b c"]}
    answer = worker.ask("tokenize", **ask)
    assert answer["ids"] == [[1, 2], [], [2, 0]]
    assert (answer["eos"], answer["bos"], answer["vocab"]) == ([3], None, 5)
    messages = [{"role": "user", "content": "a"}]
    assert worker.ask("render_template", folder=str(tmp_path), messages=messages) == {"text": None, "ids": None}

    other = tmp_path / "templated"
    fast.chat_template = (
        "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}"
        "{% if messages|length > 1 %}{{ raise_exception('one only') }}{% endif %}"
        "{% if add_generation_prompt %}b{% endif %}"
    )
    fast.save_pretrained(other)
    (other / "generation_config.json").write_text('{"eos_token_id": [3, 1]}')
    assert worker.ask("tokenize", folder=str(other), texts=["a"], special=False)["eos"] == [1, 3]
    answer = worker.ask("render_template", folder=str(other), messages=messages, add_generation_prompt=True)
    assert answer == {"text": "user a b", "ids": [4, 1, 2]}
    error = worker.fail("render_template", folder=str(other), messages=messages * 2)
    assert error["kind"] == "checkpoint" and "one only" in error["sentence"]


def test_makes_checkpoints(worker: ProbeClient, tmp_path: Path) -> None:
    made = worker.ask("synthesize", model_type="llama", variant=None, seed=3, out=str(tmp_path / "made"))
    assert made["made"] and worker.ask("load", folder=made["folder"])["strict_error"] is None


def test_nothing_stays_when_the_pipe_ends_in_the_middle(folders: dict[str, Path], tmp_path: Path) -> None:
    client = ProbeClient("reference", tmp_path, "--credit", "4096")
    model = client.ask("load", folder=str(folders["llama"]))["model"]
    client.submit("forward", model=model, ids=[IDS * 3], capture=["*"])
    assert "tensors" in client.receive()
    assert any(tmp_path.iterdir()), "a file waits for credit"
    client.close()
    assert not any(tmp_path.iterdir())
