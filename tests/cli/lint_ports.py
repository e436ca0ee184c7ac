"""Ports that the tests of `lint` write: a right one, and what makes a checkout of mlx-lm."""

from __future__ import annotations

import subprocess
from pathlib import Path

RIGHT = """# Copyright © 2026 Apple Inc.

from dataclasses import dataclass

import mlx.nn as nn

from .base import BaseModelArgs


@dataclass
class ModelArgs(BaseModelArgs):
    model_type: str
    hidden_size: int


class Model(nn.Module):
    def __init__(self, args: ModelArgs):
        super().__init__()
        self.args = args
        self.model_type = args.model_type
        self.layers = [nn.Linear(args.hidden_size, args.hidden_size)]

    def __call__(self, inputs, cache=None):
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs
"""

# The same with a print in line 24 and an import that nothing uses in line 3.
PRINTS = RIGHT.replace("from dataclasses", "import math\nfrom dataclasses").replace(
    "    def __call__(self, inputs, cache=None):\n",
    "    def __call__(self, inputs, cache=None):\n        print(inputs)\n",
)


def git(folder: Path, *words: str) -> None:
    """Run git there, as nobody in particular."""
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, "-C", folder, *words], check=True, capture_output=True)


def checkout(folder: Path) -> Path:
    """Make a repository with mlx_lm, two ports, base.py and one test; give the folder of ports."""
    models = folder / "mlx_lm" / "models"
    models.mkdir(parents=True)
    (folder / "tests").mkdir()
    (models / "base.py").write_text("class BaseModelArgs:\n    pass\n", "utf-8")
    (models / "known.py").write_text(RIGHT, "utf-8")
    (models / "other.py").write_text(RIGHT, "utf-8")
    (folder / "mlx_lm" / "utils.py").write_text('MODEL_REMAPPING = {\n    "mistral": "llama",\n}\n', "utf-8")
    (folder / "tests" / "test_models.py").write_text(
        'CONFIGS = [{"model_type": "known"}, {"model_type": "other"}]\n', "utf-8"
    )
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "upstream")
    return models
