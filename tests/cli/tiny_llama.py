"""A llama checkpoint of 30 kB, written without any library, and ports that misbehave."""

from __future__ import annotations

import json
import random
import struct
import subprocess
from pathlib import Path

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1000.0,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "bfloat16",
}


def shapes() -> dict[str, list[int]]:
    """The tensors of the checkpoint."""
    result = {"model.embed_tokens.weight": [64, 32], "model.norm.weight": [32]}
    for layer in range(2):
        prefix = f"model.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            result[f"{prefix}.{norm}.weight"] = [32]
        for name, rows in (("q", 32), ("k", 16), ("v", 16), ("o", 32)):
            result[f"{prefix}.self_attn.{name}_proj.weight"] = [rows, 32]
        for name, shape in (("gate", [48, 32]), ("up", [48, 32]), ("down", [32, 48])):
            result[f"{prefix}.mlp.{name}_proj.weight"] = shape
    return result


def safetensors(header: dict[str, object], data: bytes) -> bytes:
    """The bytes of a file with this header, whatever it says."""
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def layout() -> tuple[dict[str, dict[str, object]], bytes]:
    """A right header and its data: seeded, in bfloat16."""
    numbers = random.Random(5)
    header: dict[str, dict[str, object]] = {}
    data = bytearray()
    for name, shape in shapes().items():
        begin = len(data)
        is_norm = len(shape) == 1
        for _ in range(shape[0] * (1 if is_norm else shape[1])):
            value = numbers.uniform(0.8, 1.2) if is_norm else numbers.gauss(0, 0.2)
            data += struct.pack("<f", value)[2:]  # the upper half of a float32
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, len(data)]}
    return header, bytes(data)


def write(folder: Path) -> Path:
    """Writes the whole, right checkpoint."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2), "utf-8")
    header, data = layout()
    (folder / "model.safetensors").write_bytes(safetensors(dict(header), data))
    return folder


def installed_port(python: Path) -> str:
    """The source of the llama port of that interpreter's mlx-lm."""
    find = "import importlib.util as u; print(u.find_spec('mlx_lm').submodule_search_locations[0])"
    found = subprocess.run([python, "-c", find], capture_output=True, text=True, check=True)
    return (Path(found.stdout.strip()) / "models" / "llama.py").read_text("utf-8")


def with_forward(source: str, statement: str) -> str:
    """The port with a statement at the begin of the model's forward; `inputs` and `cache` are its arguments."""
    at = source.index("class Model(")
    body = source.index("        out = self.model(", at)
    return "import os, time\n" + source[:body] + f"        {statement}\n" + source[body:]
