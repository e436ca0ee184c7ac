"""A small repository with true bytes, for whatever fetches all of it."""

from __future__ import annotations

import json
import random

from .repository import Repository
from .stored import Stored
from .weights import file_of

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "intermediate_size": 128,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 256,
    "torch_dtype": "float32",
}  # fmt: skip


def small_files(weight_bytes: int = 800_000) -> dict[str, Stored]:
    """What a port needs, and three files that it does not. The weights are one tensor of random bytes."""
    shapes = {"w": ("U8", [weight_bytes])}
    header = file_of(shapes)
    head = header[: len(header) - weight_bytes] if isinstance(header, bytes) else header.head
    return {
        "config.json": json.dumps(LLAMA).encode(),
        "generation_config.json": b"{}",
        "tokenizer.json": b"{}",
        "chat_template.jinja": b"{{ messages }}",
        "model.safetensors": head + random.Random(7).randbytes(weight_bytes),
        "pytorch_model.bin": b"not needed",
        "onnx/config.json": b"not needed",
        "README.md": b"not needed",
    }


def small_repository(name: str = "org/model", weight_bytes: int = 800_000) -> Repository:
    """Such a repository."""
    return Repository(name, small_files(weight_bytes), tags=["llama"], card={"license": "mit"})
