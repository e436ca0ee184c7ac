"""The weights and config.json of a llama-type GGUF file, in the Hub's names and layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from ..errors import ProbeError
from .gguf_metadata import Metadata

_TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}

_IN_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def config(metadata: Metadata, tied: bool) -> dict[str, Any]:
    """config.json as the Hub's checkpoints of this type have it."""
    if metadata["general.architecture"] != "llama":
        raise ProbeError("unsupported", f"the GGUF file holds a {metadata['general.architecture']} model, not a llama")
    width, heads = metadata["llama.embedding_length"], metadata["llama.attention.head_count"]
    if metadata["llama.rope.dimension_count"] * heads != width:
        raise ProbeError("unsupported", "the GGUF file rotates a part of each head; that is not read yet")
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "hidden_act": "silu",
        "hidden_size": width,
        "intermediate_size": metadata["llama.feed_forward_length"],
        "max_position_embeddings": metadata["llama.context_length"],
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": heads,
        "num_hidden_layers": metadata["llama.block_count"],
        "num_key_value_heads": metadata["llama.attention.head_count_kv"],
        "pad_token_id": metadata["tokenizer.ggml.padding_token_id"],
        "rms_norm_eps": shortest(metadata["llama.attention.layer_norm_rms_epsilon"]),
        "rope_scaling": None,
        "rope_theta": shortest(metadata["llama.rope.freq_base"]),
        "tie_word_embeddings": tied,
        "torch_dtype": "bfloat16",
        "vocab_size": metadata["llama.vocab_size"],
    }


def tensors(reader: Any, metadata: Metadata) -> Iterator[tuple[str, numpy.ndarray]]:
    """Every tensor under its Hub name, dequantized to float32, [out, in]."""
    from gguf.quants import dequantize  # optional: open_reader says so where it is missing

    heads = {"attn_q": metadata["llama.attention.head_count"], "attn_k": metadata["llama.attention.head_count_kv"]}
    for tensor in reader.tensors:
        values = numpy.require(dequantize(tensor.data, tensor.tensor_type), requirements=["C", "W"])
        part = tensor.name.split(".")[-2]
        if part in heads:
            values = halves_apart(values, heads[part])
        yield hub_name(tensor.name), numpy.ascontiguousarray(values)


def hub_name(name: str) -> str:
    """`blk.7.attn_q.weight` to `model.layers.7.self_attn.q_proj.weight`."""
    if name in _TOP:
        return _TOP[name]
    match name.split("."):
        case ["blk", layer, part, "weight"] if part in _IN_BLOCK:
            return f"model.layers.{layer}.{_IN_BLOCK[part]}.weight"
    raise ProbeError("unsupported", f"the GGUF file holds a tensor '{name}' that no llama of the Hub has")


def halves_apart(rows: numpy.ndarray, heads: int) -> numpy.ndarray:
    """Undoes the order of rows that llama.cpp's rotation wants.

    There, the two numbers that rotate together are neighbours in a head; in the Hub's layout they are half a head
    apart.
    """
    pairs = rows.shape[0] // heads // 2
    return rows.reshape(heads, pairs, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def shortest(value: float) -> float:
    """The shortest decimal that is the same float32: 1e-05, where the file's 32 bits read as 9.999999747378752e-06."""
    return float(str(numpy.float32(value)))
