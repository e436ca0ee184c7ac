"""Tiny random checkpoints in the form mlx-lm reads, made with numpy alone, for the tests of the port's worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from portwright_probes import safetensors_io

VOCABULARY = 96
_HIDDEN, _INNER, _HEADS, _KEY_HEADS, _HEAD, _EXPERTS = 64, 96, 4, 2, 16, 4

_COMMON: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": _HIDDEN,
    "intermediate_size": _INNER,
    "num_hidden_layers": 2,
    "num_attention_heads": _HEADS,
    "num_key_value_heads": _KEY_HEADS,
    "head_dim": _HEAD,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}
_MIXTURE: dict[str, Any] = {
    "num_experts": _EXPERTS,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 32,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "norm_topk_prob": True,
}


def make_checkpoint(folder: Path, model_type: str = "llama", dtype: str = "BF16", **changes: Any) -> Path:
    """Writes config.json and one file of weights, every one of which matters; returns the folder."""
    config = {"model_type": model_type, **_COMMON, **(_MIXTURE if model_type == "qwen3_moe" else {}), **changes}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    write_weights(folder, _shapes(config), dtype)
    return folder


def write_weights(folder: Path, shapes: dict[str, tuple[int, ...]], dtype: str = "BF16") -> None:
    """Random tensors: vectors around one, matrices around zero. Replaces the folder's weights."""
    generator = np.random.default_rng(7)
    tensors = {}
    for name, shape in shapes.items():
        noise = generator.standard_normal(shape, dtype=np.float32)
        values = 1 + 0.2 * noise if len(shape) == 1 else noise * 1.5 / np.sqrt(shape[-1])
        array = _as_file_dtype(values, dtype)
        tensors[name] = (dtype, shape, array.data)
    file = folder / "model.safetensors"
    file.unlink(missing_ok=True)
    safetensors_io.write(file, tensors)


def shapes_of(folder: Path) -> dict[str, tuple[int, ...]]:
    entries, _ = safetensors_io.read_header(folder / "model.safetensors")
    return {name: entry.shape for name, entry in entries.items()}


def ids(count: int, seed: int = 3) -> list[int]:
    return [int(i) for i in np.random.default_rng(seed).integers(0, VOCABULARY, count)]


def _as_file_dtype(values: np.ndarray, dtype: str) -> np.ndarray:
    values = values.astype(np.float32)
    if dtype == "BF16":
        return (values.view(np.uint32) >> 16).astype(np.uint16)
    return values.astype(safetensors_io.NUMPY_DTYPES[dtype])


def _shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (VOCABULARY, _HIDDEN),
        "model.norm.weight": (_HIDDEN,),
    }
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (VOCABULARY, _HIDDEN)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{prefix}{name}.weight"] = (_HIDDEN,)
        for name, rows in (("q", _HEADS), ("k", _KEY_HEADS), ("v", _KEY_HEADS)):
            shapes[f"{prefix}self_attn.{name}_proj.weight"] = (rows * _HEAD, _HIDDEN)
            if config.get("attention_bias"):
                shapes[f"{prefix}self_attn.{name}_proj.bias"] = (rows * _HEAD,)
        shapes[f"{prefix}self_attn.o_proj.weight"] = (_HIDDEN, _HEADS * _HEAD)
        if config.get("attention_bias"):
            shapes[f"{prefix}self_attn.o_proj.bias"] = (_HIDDEN,)
        if config["model_type"] == "qwen3_moe":
            shapes.update({f"{prefix}self_attn.{name}_norm.weight": (_HEAD,) for name in "qk"})
            shapes[f"{prefix}mlp.gate.weight"] = (_EXPERTS, _HIDDEN)
        shapes.update(_feed_forward(prefix, config))
    return shapes


def _feed_forward(prefix: str, config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    if config["model_type"] != "qwen3_moe":
        places, inner = [f"{prefix}mlp."], _INNER
    else:
        places, inner = (
            [f"{prefix}mlp.experts.{expert}." for expert in range(_EXPERTS)],
            config["moe_intermediate_size"],
        )
    shapes: dict[str, tuple[int, ...]] = {}
    for place in places:
        shapes[f"{place}gate_proj.weight"] = shapes[f"{place}up_proj.weight"] = (inner, _HIDDEN)
        shapes[f"{place}down_proj.weight"] = (_HIDDEN, inner)
    return shapes
