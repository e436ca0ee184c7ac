"""`discover` where the Hub is busy, broken or says something odd: one sentence, never half an answer without a word."""

from __future__ import annotations

import json

import pytest
from at_hub import AtHub
from local_hub import Fault, LocalHub, Repository
from local_hub.families import qwen3_family


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("", status=418), "418"),
        (Fault("", status=429, headers={"Retry-After": "3600"}), "in 3600 seconds"),
        (Fault("", status=200, body=b"<html>"), "is HF_ENDPOINT right"),
    ],
    ids=["418", "429", "garbage"],
)
def test_no_list_is_an_error(at_hub: AtHub, families: LocalHub, fault: Fault, words: str) -> None:
    families.faults.append(fault)
    finished = at_hub(families, "discover", "qwen3")
    assert finished.returncode == 3, finished.stderr
    assert words in " ".join(finished.stderr.split()) and "Traceback" not in finished.stderr


def test_one_repository_that_fails_is_noted(at_hub: AtHub, families: LocalHub) -> None:
    families.faults.append(Fault("/api/models/Qwen/Qwen3-4B/tree", status=404))
    finished = at_hub(families, "discover", "qwen3", "--json")
    found = json.loads(finished.stdout)
    assert len(found["variants"]) == 7
    assert any("Qwen/Qwen3-4B could not be looked at" in note for note in found["notes"])


HOSTILE = {
    "nested": b"[" * 100_000,
    "no object": b"[1, 2]",
    "no UTF-8": b'{"model_type": "qwen3", "x": "\xff\xfe"}',
    "escape": b'{"model_type": "qwen3", "hidden_act": "\\u001b[2J"}',
    "numbers": b'{"model_type": 7, "num_attention_heads": "many", "head_dim": -1, "num_key_value_heads": 1e400}',
    "empty": b"",
}


@pytest.mark.parametrize("config", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_config(at_hub: AtHub, config: bytes) -> None:
    family = qwen3_family()
    odd = Repository("Qwen/Odd", {**family[0].files, "config.json": config}, tags=["qwen3"])
    odd.files["model.safetensors"] = b"other"
    with LocalHub([*family, odd]) as hub:
        finished = at_hub(hub, "discover", "qwen3", timeout=60)
    assert finished.returncode == 0, finished.stderr
    assert "\x1b" not in finished.stdout and "Qwen/Qwen3-8B" in finished.stdout and "Qwen/Odd" in finished.stdout
