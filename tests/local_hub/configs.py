"""config.json of six families, written from the shapes of released models (sizes as published, values as they vary)."""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]

# hidden, inner, layers, heads, key heads
_Sizes = tuple[int, int, int, int, int]


def _common(model_type: str, architecture: str, sizes: _Sizes, vocabulary: int) -> Config:
    hidden, inner, layers, heads, key_heads = sizes
    return {
        "architectures": [architecture],
        "model_type": model_type,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "vocab_size": vocabulary,
        "hidden_act": "silu",
        "initializer_range": 0.02,
        "rms_norm_eps": 1e-05,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": False,
        "use_cache": True,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.46.0",
    }


def llama(sizes: _Sizes, tied: bool = False, scaling: float | None = 8.0, **more: Any) -> Config:
    """As Llama 3: `scaling` is the factor of its frequency scaling; None for the generation before it."""
    config = _common("llama", "LlamaForCausalLM", sizes, 128256)
    config |= {"bos_token_id": 128000, "eos_token_id": 128001, "mlp_bias": False, "pretraining_tp": 1}
    config |= {"rope_theta": 500000.0, "max_position_embeddings": 131072 if scaling else 8192, "rope_scaling": None}
    if scaling:
        config["rope_scaling"] = {
            "factor": scaling, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192, "rope_type": "llama3",
        }  # fmt: skip
    return config | {"tie_word_embeddings": tied, **more}


def qwen3(sizes: _Sizes, tied: bool = False, **more: Any) -> Config:
    """As Qwen 3: the width of a head stands by itself, queries and keys are normalised."""
    config = _common("qwen3", "Qwen3ForCausalLM", sizes, 151936)
    config |= {"bos_token_id": 151643, "eos_token_id": 151645, "head_dim": 128, "max_window_layers": sizes[2]}
    config |= {"rope_theta": 1000000, "max_position_embeddings": 40960, "rope_scaling": None, "rms_norm_eps": 1e-06}
    return config | {"sliding_window": None, "use_sliding_window": False, "tie_word_embeddings": tied, **more}


def mistral(sizes: _Sizes, window: int | None = None, **more: Any) -> Config:
    """As Mistral: the first release slides its window, later ones do not."""
    config = _common("mistral", "MistralForCausalLM", sizes, 32000 if window else 32768)
    config |= {"bos_token_id": 1, "eos_token_id": 2, "rope_theta": 10000.0 if window else 1000000.0}
    return config | {"max_position_embeddings": 32768, "sliding_window": window, **more}


def gemma3(sizes: _Sizes, **more: Any) -> Config:
    """As Gemma 3's text models: five layers slide for one that does not."""
    config = _common("gemma3_text", "Gemma3ForCausalLM", sizes, 262144)
    config |= {"bos_token_id": 2, "eos_token_id": [1, 106], "head_dim": 256, "query_pre_attn_scalar": 256}
    config |= {"hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": 1e-06, "max_position_embeddings": 32768}
    config |= {"rope_theta": 1000000, "rope_local_base_freq": 10000, "rope_scaling": None, "sliding_window": 512}
    config |= {"sliding_window_pattern": 6, "attn_logit_softcapping": None, "final_logit_softcapping": None}
    return config | {"tie_word_embeddings": True, **more}


def phi3(sizes: _Sizes, long_context: bool = False, **more: Any) -> Config:
    """As Phi 3: the long contexts scale each frequency by a number of its own."""
    config = _common("phi3", "Phi3ForCausalLM", sizes, 32064)
    config |= {"bos_token_id": 1, "eos_token_id": 32000, "pad_token_id": 32000, "rope_theta": 10000.0}
    config |= {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "original_max_position_embeddings": 4096}
    config |= {"max_position_embeddings": 131072 if long_context else 4096, "rope_scaling": None}
    if long_context:
        half = sizes[0] // sizes[3] // 2
        config["rope_scaling"] = {"long_factor": [1.5] * half, "short_factor": [1.0] * half, "type": "longrope"}
    return config | {"sliding_window": 262144 if long_context else 2047, **more}


def olmo2(sizes: _Sizes, **more: Any) -> Config:
    """As OLMo 2: norms behind the blocks, float32 released."""
    config = _common("olmo2", "Olmo2ForCausalLM", sizes, 100352)
    config |= {"eos_token_id": 100257, "pad_token_id": 100277, "rope_theta": 500000, "rope_scaling": None}
    return config | {"max_position_embeddings": 4096, "rms_norm_eps": 1e-06, "torch_dtype": "float32", **more}
