"""Known faults in the reference: each is felt for one forward, counts its places, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from portwright_probes.checkpoints.synthetic import synthesize
from probe_client import ProbeClient
from tiny_models import VOCABULARY

IDS = [int(i) for i in np.random.default_rng(5).integers(3, VOCABULARY, 40)]

# In how many places each checkpoint takes each fault: layers, norms, lists of frequencies, biases. gemma3_text has
# norms of queries and keys too; mamba has neither attention nor RoPE.
PLACES = {
    "llama": {"scale": 4, "eps": 9, "theta": 1, "bias": 0},
    "llama#biased": {"scale": 4, "eps": 9, "theta": 1, "bias": 1},
    "gemma3_text": {"scale": 6, "eps": 37, "theta": 2, "bias": 0},
    "gpt2": {"scale": 4, "eps": 9, "theta": 0, "bias": 1},
    "mamba": {"scale": 0, "eps": 5, "theta": 0, "bias": 1},
}
FELT = 2e-6  # correct float32 forwards agree to this; eps times 10 moves logits least


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbeClient]:
    client = ProbeClient("reference", tmp_path_factory.mktemp("exchange"), environment={"OMP_NUM_THREADS": "1"})
    yield client
    client.close()


@pytest.fixture(scope="module", params=PLACES)
def loaded(
    worker: ProbeClient, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[str, str]:
    """The checkpoint's name and the model."""
    model_type, _, variant = request.param.partition("#")
    folder = tmp_path_factory.mktemp("checkpoint") / "made"
    synthesize(model_type, variant or None, 0, folder)
    return request.param, worker.ask("load", folder=str(folder), dtype="float32")["model"]


def logits(worker: ProbeClient, model: str, fault: str | None) -> tuple[np.ndarray, int | None]:
    answer = worker.ask("forward", model=model, ids=[IDS], fault=fault)
    return worker.tensors["logits"].copy(), answer.get("injected")


@pytest.mark.parametrize("fault", ["scale", "eps", "theta", "bias"])
def test_a_fault_is_felt_and_taken_out(worker: ProbeClient, loaded: tuple[str, str], fault: str) -> None:
    checkpoint, model = loaded
    weights = worker.ask("fingerprint", model=model, paths=["(root)"])
    before, none = logits(worker, model, None)
    assert none is None, "a forward without a fault says nothing of one"

    faulty, places = logits(worker, model, fault)
    assert places == PLACES[checkpoint][fault]
    moved = float(np.linalg.norm(faulty - before) / np.linalg.norm(before))
    assert moved > FELT if places else moved == 0

    error = worker.fail("forward", model=model, ids=[[VOCABULARY * 1000]], fault=fault)
    assert error["kind"] == "reference", "it is taken out of a forward that broke, too"
    after, _ = logits(worker, model, None)
    np.testing.assert_array_equal(after, before)
    assert worker.ask("fingerprint", model=model, paths=["(root)"]) == weights


def test_a_fault_is_one_of_four(worker: ProbeClient, loaded: tuple[str, str]) -> None:
    error = worker.fail("forward", model=loaded[1], ids=[IDS], fault="noise")
    assert error["kind"] == "bad_request" and "'fault'" in error["sentence"]
