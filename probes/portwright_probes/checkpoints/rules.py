"""What a synthetic checkpoint's config holds: rules by field name first, then exceptions by model type.

Everything here is data in the style of the Hub's config.json, as mlx-lm's ports read it: `rope_theta` and
`rope_scaling` at the top level (transformers takes them in and nests them itself), `torch_dtype`, the names that the
config class declares.

Three properties are wanted of every value. It differs from the class's default and from what checkpoints usually
have, so that a constant written into a port cannot be right by chance. It is small. A prompt of 64 tokens or more
exercises it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]

# Sizes, set wherever the config class declares the field. All widths that a quantized layer reads are multiples of
# 64, the usual group.
SIZES: Settings = {
    "vocab_size": 199,
    "hidden_size": 64,
    "intermediate_size": 128,
    "moe_intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 8192,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}

# Set where the class declares the field with a value. A field that is None by default switches on what usual
# checkpoints of the type never use; that is a matter for a variant or for an exception below.
VALUES: Settings = {
    "head_dim": 32,
    "rms_norm_eps": 1e-3,
    "layer_norm_eps": 1e-3,
    "layer_norm_epsilon": 1e-3,
    "norm_eps": 1e-3,
    "num_experts": 8,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "query_pre_attn_scalar": 24,
    "embedding_multiplier": 3.0,
    "residual_multiplier": 0.6,
    "attention_multiplier": 0.4,
    "logits_scaling": 2.5,
    "routed_scaling_factor": 1.7,
}

# Set wherever the class holds its rotary settings in `rope_parameters`, whatever their default.
ROPE: Settings = {"rope_theta": 700.0}


@dataclass(frozen=True)
class TypeRules:
    """Exceptions for one model type.

    `settings` replace or add to what the rules by field name give. `variants` are what `#NAME` adds to that; `tied`
    and `untied` exist for every type whose config class declares `tie_word_embeddings`, and need no entry.
    `embedding_rms` is the size of an embedding's values: small, so that an eps of 1e-3 in the first norm is felt.
    """

    settings: Settings = field(default_factory=dict)
    variants: dict[str, Settings] = field(default_factory=dict)
    embedding_rms: float = 0.1875


TYPES: dict[str, TypeRules] = {
    "gemma3_text": TypeRules(
        # The port rounds sqrt(hidden_size) to bfloat16 in every dtype; that of 64 is exact.
        settings={
            "num_hidden_layers": 6,
            "sliding_window": 8,
            "sliding_window_pattern": 3,
            "rope_local_base_freq": 300.0,
        },
        variants={"rope-scaled": {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}},
    ),
    "llama": TypeRules(
        variants={
            "biased": {"attention_bias": True, "mlp_bias": True},
            "rope-scaled": {
                "rope_scaling": {
                    "rope_type": "llama3",
                    "factor": 8.0,
                    "low_freq_factor": 1.5,
                    "high_freq_factor": 5.0,
                    "original_max_position_embeddings": 96,
                }
            },
        },
    ),
    "olmo2": TypeRules(
        variants={
            "biased": {"attention_bias": True},
            "rope-scaled": {
                "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}
            },
        },
        # No norm in front of a block: against small embeddings the biases would be all that the norm behind it sees.
        embedding_rms=0.4,
    ),
    "phi3": TypeRules(
        settings={"partial_rotary_factor": 0.75},
        variants={
            # The port knows the long factors alone, and is right on texts longer than the original context; hence 16.
            "rope-scaled": {
                "original_max_position_embeddings": 16,
                "rope_scaling": {
                    "type": "longrope",
                    "short_factor": [1.0, 1.1, 1.2, 1.4, 1.7, 2.0],
                    "long_factor": [1.0, 1.3, 1.6, 2.0, 3.0, 4.0],
                },
            }
        },
    ),
    "qwen3": TypeRules(
        variants={
            "rope-scaled": {
                "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}
            }
        },
    ),
    "qwen3_moe": TypeRules(
        # The class does not declare head_dim, the Hub's files and the model code have it.
        settings={"head_dim": 32, "norm_topk_prob": True, "mlp_only_layers": [1]},
    ),
}

TIED_VARIANTS: dict[str, Settings] = {
    "tied": {"tie_word_embeddings": True},
    "untied": {"tie_word_embeddings": False},
}
