"""What a synthetic checkpoint's config holds, by the name of the field alone; no model type is named here.

Everything here is data in the style of the Hub's config.json, as mlx-lm's ports read it: `rope_theta` and
`rope_scaling` at the top level (transformers takes them in and nests them itself), `torch_dtype`, the names that the
config class declares.

Three properties are wanted of every value. It differs from the class's default and from what checkpoints usually
have, so that a constant written into a port cannot be right by chance. It is small. A prompt of 64 tokens or more
exercises it.
"""

from __future__ import annotations

from typing import Any

Settings = dict[str, Any]

# Sizes, set wherever the config class declares the field. All widths that a quantized layer reads are multiples of
# 64, the usual group, but for those of low rank.
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
    # The same under the names that single families use.
    "n_embd": 64,
    "n_head": 4,
    "n_layer": 4,
    "n_positions": 8192,
    "d_model": 64,
    "n_heads": 4,
    "n_layers": 4,
    "max_seq_len": 8192,
    "num_layers": 2,
    "lru_width": 64,
    "expert_ffn_hidden_size": 64,
    "ffn_hidden_size": 128,
    "eod_token_id": 3,
}

# Set where the class declares the field with a value, as are the constants below. A field that is None by default
# switches on what usual checkpoints of the type never use; that is a matter for a variant or for an exception.
STRUCTURE: Settings = {
    "head_dim": 32,
    # Experts: the second-best one matters, groups leave one out, the first layer is dense.
    "num_experts": 8,
    "num_local_experts": 8,
    "n_routed_experts": 8,
    "moe_num_experts": 8,
    "zero_expert_num": 2,
    "num_experts_per_tok": 2,
    "moe_k": 2,
    "moe_topk": 2,
    "n_shared_experts": 1,
    "num_shared_experts": 1,
    "moe_num_shared_experts": 1,
    "n_group": 2,
    "topk_group": 1,
    "first_k_dense_replace": 1,
    "num_dense_layers": 1,
    "shared_expert_intermediate_size": 96,
    "shared_intermediate_size": 96,
    "moe_shared_expert_intermediate_size": 96,
    "intermediate_size_mlp": 192,
    # What a checkpoint predicts beside the next token plays no part in it.
    "num_nextn_predict_layers": 0,
    "num_mtp_layers": 0,
    # Low ranks, all different.
    "kv_lora_rank": 32,
    "q_lora_rank": 24,
    "qk_nope_head_dim": 16,
    "qk_rope_head_dim": 16,
    "v_head_dim": 16,
    "rotary_dim": 8,
    # A sparse attention's indexer: with few heads scores tie at 0 after the ReLU, and the choice is arbitrary.
    "index_topk": 8,
    "index_head_dim": 32,
    "index_n_heads": 16,
    # Recurrent layers.
    "state_size": 16,
    "ssm_state_size": 16,
    "mamba_d_state": 16,
    "mamba_n_heads": 8,
    "mamba_num_heads": 8,
    "mamba_d_head": 16,
    "mamba_head_dim": 16,
    "mamba_d_ssm": 128,
    "mamba_n_groups": 2,
    "n_groups": 2,
    "num_heads": 8,
    "time_step_rank": 4,
    "mamba_dt_rank": 4,
    "chunk_size": 16,
    "mamba_chunk_size": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 32,
    "linear_value_head_dim": 32,
    "linear_head_dim": 16,
    "linear_num_heads": 4,
    "layer_group_size": 2,
    "block_size": 8,
    "laurel_rank": 8,
    "vocab_size_per_layer_input": 199,
    "hidden_size_per_layer_input": 16,
}

# Numbers of the computation itself: `#default.FIELD` gives one of them back the class's own value.
CONSTANTS: Settings = {
    # Every eps is far from any that is in use.
    "rms_norm_eps": 1e-3,
    "layer_norm_eps": 1e-3,
    "layer_norm_epsilon": 1e-3,
    "norm_eps": 1e-3,
    "norm_epsilon": 1e-3,
    "mixer_rms_eps": 2e-3,
    # Windows and chunks end well inside a prompt.
    "sliding_window": 8,
    "attention_window_size": 8,
    "attention_chunk_size": 8,
    "max_window_layers": 2,
    "floor_scale": 8,
    "attn_scale": 0.3,
    # Softcaps that are felt by values of order one.
    "final_logit_softcapping": 2.5,
    "attn_logit_softcapping": 2.0,
    "logits_soft_cap": 2.5,
    "moe_router_logit_softcapping": 2.0,
    "swiglu_limit": 1.5,
    "swiglu_alpha": 1.4,
    # Multipliers.
    "routed_scaling_factor": 1.7,
    "moe_routed_scaling_factor": 1.7,
    "route_scale": 1.7,
    "query_pre_attn_scalar": 24,
    "embedding_multiplier": 3.0,
    "residual_multiplier": 0.6,
    "attention_multiplier": 0.4,
    "logits_scaling": 2.5,
    "logit_scale": 1.4,
    "lm_head_multiplier": 0.7,
    "key_multiplier": 0.8,
    "attention_out_multiplier": 0.7,
    "attention_in_multiplier": 1.2,
    "ssm_in_multiplier": 0.7,
    "ssm_out_multiplier": 0.7,
    "attention_value_scale": 0.6,
    "scale_emb": 3,
    "scale_depth": 1.2,
    "dim_model_base": 32,
    "linear_attn_alpha_factor": 1.1,
    "linear_attn_beta_factor": 0.9,
    "full_attn_alpha_factor": 1.2,
    "full_attn_beta_factor": 0.8,
    "mlp_alpha_factor": 0.9,
    "mlp_beta_factor": 1.1,
    # The step of a recurrence is cut on both sides.
    "time_step_limit": [0.05, 1.0],
}

VALUES: Settings = STRUCTURE | CONSTANTS

# The base of the rotary frequencies, another one for each kind of layer that has its own.
ROPE_THETAS = (700.0, 2000.0)

# A tower for pictures or sound that no text reaches: as small as it can be.
TOWER: Settings = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "depth": 1,
    "num_attention_heads": 2,
    "num_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "image_size": 28,
    "patch_size": 14,
    "out_hidden_size": 64,
}

# The name of each kind of decoder configuration within one of several towers.
TEXT = "text_config"

# Lists with one entry a layer, whose kinds are the model's own.
BY_LAYER = ("layer_types", "mlp_layer_types", "layers_block_type", "no_rope_layers")

TIED_VARIANTS: dict[str, Settings] = {
    "tied": {"tie_word_embeddings": True},
    "untied": {"tie_word_embeddings": False},
}

# `#default.FIELD` is the base with FIELD at the class's own value.
DEFAULT_VARIANT = "default."
