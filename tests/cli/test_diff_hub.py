"""`diff` asks the Hub for config.json and nothing else."""

from __future__ import annotations

import json

from at_hub import AtHub
from local_hub import LocalHub


def test_configs_of_the_hub_are_compared_without_weights(at_hub: AtHub, families: LocalHub) -> None:
    done = at_hub(families, "diff", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [model["model_type"] for model in document["models"]] == ["qwen3", "qwen3"]
    assert "hidden_size" in {row["key"] for row in document["keys"]}
    assert not families.asked(r"\.safetensors($|\?)")


def test_a_repository_that_is_not_there_is_an_input_error(at_hub: AtHub, families: LocalHub) -> None:
    done = at_hub(families, "diff", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.0B")
    assert done.returncode == 2
    assert "Qwen/Qwen3-0.0B" in done.stderr
