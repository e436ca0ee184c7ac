"""Headers of safetensors files that a config asks for: names and shapes as transformers stores them, data left out."""

from __future__ import annotations

import json
import struct
from typing import Any

from .stored import Large, Stored

_BYTES = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1, "I32": 4, "U32": 4, "I8": 1, "U8": 1}
_NAMES = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}

Shapes = dict[str, tuple[str, list[int]]]  # dtype and shape by name


def dense_shapes(config: dict[str, Any]) -> Shapes:
    """The tensors of a decoder with attention and a gated perceptron, in the dtype the config names."""
    dtype = _NAMES[config.get("torch_dtype") or config.get("dtype") or "bfloat16"]
    hidden, inner, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    heads, key_heads = config["num_attention_heads"], config.get("num_key_value_heads", config["num_attention_heads"])
    width = config.get("head_dim") or hidden // heads
    model_type = config["model_type"]
    shapes: dict[str, list[int]] = {"model.embed_tokens.weight": [vocabulary, hidden], "model.norm.weight": [hidden]}
    if not config.get("tie_word_embeddings"):
        shapes["lm_head.weight"] = [vocabulary, hidden]
    rows = {"q": heads * width, "k": key_heads * width, "v": key_heads * width}
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        if model_type == "phi3":
            shapes[at + "self_attn.qkv_proj.weight"] = [sum(rows.values()), hidden]
            shapes[at + "mlp.gate_up_proj.weight"] = [2 * inner, hidden]
        else:
            for name, count in rows.items():
                shapes[f"{at}self_attn.{name}_proj.weight"] = [count, hidden]
                if config.get("attention_bias") or model_type == "qwen2":
                    shapes[f"{at}self_attn.{name}_proj.bias"] = [count]
            shapes[at + "mlp.gate_proj.weight"] = shapes[at + "mlp.up_proj.weight"] = [inner, hidden]
        shapes[at + "self_attn.o_proj.weight"] = [hidden, heads * width]
        shapes[at + "mlp.down_proj.weight"] = [hidden, inner]
        for norm in _norms(model_type):
            shapes[f"{at}{norm}.weight"] = [hidden]
        for norm, count in _head_norms(model_type, width, rows):
            shapes[f"{at}self_attn.{norm}.weight"] = [count]
    return {name: (dtype, shape) for name, shape in shapes.items()}


def _norms(model_type: str) -> list[str]:
    if model_type.startswith("gemma"):
        return [f"{place}_layernorm" for place in _GEMMA_NORMS]
    if model_type == "olmo2":
        return ["post_attention_layernorm", "post_feedforward_layernorm"]
    return ["input_layernorm", "post_attention_layernorm"]


_GEMMA_NORMS = ("input", "post_attention", "pre_feedforward", "post_feedforward")


def _head_norms(model_type: str, width: int, rows: dict[str, int]) -> list[tuple[str, int]]:
    if model_type in ("qwen3", "gemma3_text"):
        return [("q_norm", width), ("k_norm", width)]
    if model_type == "olmo2":
        return [("q_norm", rows["q"]), ("k_norm", rows["k"])]
    return []


def file_of(shapes: Shapes, seed: str = "", metadata: dict[str, str] | None = None) -> Stored:
    """One safetensors file; bytes where it is small."""
    header: dict[str, Any] = {"__metadata__": metadata or {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in sorted(shapes.items()):
        begin, count = end, _BYTES[dtype]
        for length in shape:
            count *= length
        end = begin + count
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    head = struct.pack("<Q", len(text)) + text
    if end > 1 << 20:
        return Large(head, len(head) + end, seed)
    return head + (seed.encode() * (end // max(1, len(seed)) + 1))[:end] if seed else head + bytes(end)


def weight_files(shapes: Shapes, seed: str = "", shard_bytes: int = 5_000_000_000) -> dict[str, Stored]:
    """model.safetensors, or shards of at most `shard_bytes` with their index."""
    shards: list[Shapes] = [{}]
    room = shard_bytes
    for name, (dtype, shape) in shapes.items():
        count = _BYTES[dtype]
        for length in shape:
            count *= length
        if count > room and shards[-1]:
            shards.append({})
            room = shard_bytes
        shards[-1][name] = (dtype, shape)
        room -= count
    if len(shards) == 1:
        return {"model.safetensors": file_of(shapes, seed)}
    names = [f"model-{number:05}-of-{len(shards):05}.safetensors" for number in range(1, len(shards) + 1)]
    files = {name: file_of(shard, seed) for name, shard in zip(names, shards, strict=True)}
    index = {
        "metadata": {"total_size": sum(_bytes_of(shard) for shard in shards)},
        "weight_map": {tensor: name for name, shard in zip(names, shards, strict=True) for tensor in shard},
    }
    return {**files, "model.safetensors.index.json": json.dumps(index).encode()}


def _bytes_of(shapes: Shapes) -> int:
    total = 0
    for dtype, shape in shapes.values():
        count = _BYTES[dtype]
        for length in shape:
            count *= length
        total += count
    return total
