"""Which files of a repository a port needs, by their names."""

from __future__ import annotations

# What both libraries read of a checkpoint. Files in folders of their own are exports to other formats.
NEEDED = [
    "*.json",
    "model*.safetensors",
    "tokenizer*",
    "*.model",
    "*.tiktoken",
    "*.txt",
    "*.jinja",
    "*.py",
]
NOT_NEEDED = ["*/*"]
