"""What single model types need beside the rules by field name: data alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from .rules import Settings


@dataclass(frozen=True)
class TypeRules:
    """Exceptions for one model type.

    `settings` replace or add to what the rules by field name give, `absent` are taken away from it. `variants` are
    what `#NAME` adds to that; `tied` and `untied` exist for every type whose config class declares
    `tie_word_embeddings`, and need no entry. `embedding_rms` is the size of an embedding's values: small, so that an
    eps of 1e-3 in the first norm is felt. `head_gain` is that of the output matrix.
    `architecture` is the class that config.json names, where it is not the causal language model's.
    `resplit`: modules whose rows the saving code divides evenly, with the rows that each of them has.
    `renamed`: (pattern, replacement) pairs over the names that the reference's saving code gives, which is not always
    what the Hub's files have. `held` where the Hub's files have the names that the model itself holds, with its fused
    experts.
    """

    settings: Settings = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    variants: dict[str, Settings] = field(default_factory=dict)
    embedding_rms: float = 0.1875
    head_gain: float = 2.0
    architecture: str = ""
    renamed: tuple[tuple[str, str], ...] = ()
    held: bool = False
    resplit: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = ()


def rules_of(model_type: str) -> TypeRules:
    """The exceptions of the type; most have none."""
    return TYPES.get(model_type, TypeRules())


YARN: Settings = {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}}
YARN_MSCALE: Settings = {
    "rope_scaling": {
        "type": "yarn",
        "factor": 4.0,
        "original_max_position_embeddings": 128,
        "beta_fast": 32,
        "beta_slow": 1,
        "mscale": 0.707,
        "mscale_all_dim": 0.707,
    }
}
LONGROPE: Settings = {
    "original_max_position_embeddings": 16,
    "rope_scaling": {
        "type": "longrope",
        "short_factor": [1.0, 1.1, 1.2, 1.4, 1.7, 2.0],
        "long_factor": [1.0, 1.3, 1.6, 2.0, 3.0, 4.0],
    },
}
LLAMA3: Settings = {
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.5,
        "high_freq_factor": 5.0,
        "original_max_position_embeddings": 96,
    }
}

# What the Hub's files of the DeepSeek line say and the config classes do not declare.
NOAUX: Settings = {"topk_method": "noaux_tc", "scoring_func": "sigmoid", "moe_layer_freq": 1}

# The usual root of a decoder within a model for pictures and text.
INSIDE = ((r"^", "language_model."),)

TYPES: dict[str, TypeRules] = {
    "afmoe": TypeRules(
        settings={"route_norm": True, "score_func": "sigmoid", "n_group": 1, "topk_group": 1, "mup_enabled": True}
    ),
    "apertus": TypeRules(settings={"mlp_bias": False, "post_norm": False, "qk_norm": True}),
    "bailing_hybrid": TypeRules(
        settings={"num_experts": 8, "num_shared_experts": 1, "group_norm_size": 2, "num_expert_group": 2},
    ),
    "bitnet": TypeRules(),
    "cohere": TypeRules(variants={"qk-norm": {"use_qk_norm": True}}),
    "cohere2": TypeRules(settings={"head_dim": 16, "sliding_window_pattern": 4}),
    "dbrx": TypeRules(
        settings={
            "attn_config": {"kv_n_heads": 2, "clip_qkv": 0.5, "rope_theta": 700.0},
            "ffn_config": {
                "ffn_hidden_size": 64,
                "moe_num_experts": 8,
                "moe_top_k": 2,
                "moe_normalize_expert_weights": 1.0,
                "ffn_act_fn": {"name": "silu"},
            },
        },
    ),
    "deepseek_v2": TypeRules(
        settings={"num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "moe_layer_freq": 1, **YARN_MSCALE},
    ),
    "deepseek_v3": TypeRules(settings=NOAUX, variants={"rope-scaled": YARN_MSCALE}),
    "deepseek_v32": TypeRules(settings=NOAUX),
    "dots1": TypeRules(
        settings={"n_routed_experts": 8, "n_shared_experts": 1, "num_experts_per_tok": 2, "scoring_func": "noaux_tc"},
    ),
    # The class counts layers from the end, the Hub's files from the start.
    "ernie4_5_moe": TypeRules(settings={"moe_layer_end_index": 3}),
    "exaone4": TypeRules(settings={"head_dim": 32, "sliding_window_pattern": "LLLG"} | LLAMA3),
    "exaone_moe": TypeRules(settings={"head_dim": 32, "is_moe_layer": [False, True, True, True]} | NOAUX),
    "falcon_h1": TypeRules(
        settings={"head_dim": 32, "mlp_multipliers": [0.8, 1.3], "ssm_multipliers": [0.8, 1.3, 0.7, 1.2, 0.9]},
        variants={"gated-norm": {"mamba_rms_norm": True}},
    ),
    "falcon_mamba": TypeRules(settings={"intermediate_size": 128}),
    "gemma3": TypeRules(settings={"vocab_size": 199}),
    # The class takes the size of the global heads without declaring it.
    "gemma4": TypeRules(settings={"vocab_size": 199, "text_config": {"global_head_dim": 64}}),
    # The class leaves the softcap out, the Hub's files have one.
    "gemma4_text": TypeRules(settings={"global_head_dim": 64, "final_logit_softcapping": 2.5}),
    "gemma4_unified": TypeRules(
        settings={
            "vocab_size": 199,
            "text_config": {"global_head_dim": 64, "hidden_size_per_layer_input": 0, "final_logit_softcapping": 2.5},
        }
    ),
    "gemma3_text": TypeRules(
        # The port rounds sqrt(hidden_size) to bfloat16 in every dtype; that of 64 is exact.
        settings={
            "num_hidden_layers": 6,
            "sliding_window_pattern": 3,
            "rope_theta": 700.0,
            "rope_local_base_freq": 300.0,
        },
        absent=("rope_parameters", "layer_types"),
        variants={"rope-scaled": {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}},
    ),
    "glm4_moe": TypeRules(
        settings={"head_dim": 32, "rope_scaling": None} | NOAUX,
        variants={"qk-norm": {"use_qk_norm": True, "attention_bias": True}},
    ),
    "glm4_moe_lite": TypeRules(settings=NOAUX),
    "glm_moe_dsa": TypeRules(settings={"rope_parameters": {"rope_theta": 700.0, "rope_type": "default"}} | NOAUX),
    "gpt2": TypeRules(settings={"n_ctx": 8192}, renamed=((r"^transformer\.", ""),)),
    "gpt_bigcode": TypeRules(settings={"n_inner": 192}),
    "gpt_neox": TypeRules(
        settings={"intermediate_size": 256, "rotary_emb_base": 700, "rotary_pct": 0.25},
        absent=("rope_theta", "partial_rotary_factor"),
        variants={"sequential": {"use_parallel_residual": False}},
    ),
    "granite": TypeRules(head_gain=5.0, variants={"biased": {"attention_bias": True, "mlp_bias": True}}),
    "granitemoe": TypeRules(head_gain=5.0),
    "granitemoehybrid": TypeRules(
        settings={
            "layer_types": ["mamba", "attention", "mamba", "attention"],
            "position_embedding_type": "nope",
        },
        variants={"rope": {"position_embedding_type": "rope"}},
        head_gain=5.0,
    ),
    "helium": TypeRules(settings={"head_dim": 16}),
    "hunyuan_v1_dense": TypeRules(settings={"head_dim": 32, "use_qk_norm": True}),
    "internlm3": TypeRules(
        settings={"head_dim": 16, "bias": False, "qkv_bias": False},
        variants={"biased": {"qkv_bias": True, "bias": True}},
    ),
    "jamba": TypeRules(
        settings={"attn_layer_period": 4, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1},
    ),
    "kimi_linear": TypeRules(
        settings={
            "layer_types": ["linear_attention", "full_attention", "linear_attention", "full_attention"],
            "linear_attn_config": {
                "full_attn_layers": [2, 4],
                "kda_layers": [1, 3],
                "head_dim": 16,
                "num_heads": 4,
                "short_conv_kernel_size": 4,
            },
            "head_dim": 32,
            "model_max_length": 8192,
            "num_experts": 8,
            "num_experts_per_token": 2,
            "num_shared_experts": 1,
            "num_expert_group": 2,
            "moe_renormalize": True,
            "moe_router_activation_func": "sigmoid",
            "mla_use_nope": True,
            "first_k_dense_replace": 1,
            "moe_layer_freq": 1,
            "rope_theta": 700.0,
        },
        renamed=((r"^(model\.layers\.0\.)block_sparse_moe", r"\1mlp"),),
    ),
    "lfm2": TypeRules(
        settings={"block_dim": 64, "layer_types": ["conv", "full_attention", "conv", "full_attention"]},
        variants={"fixed-width": {"block_auto_adjust_ff_dim": False}, "biased": {"conv_bias": True}},
    ),
    "lfm2_moe": TypeRules(settings={"layer_types": ["conv", "full_attention", "conv", "full_attention"]}),
    "llama": TypeRules(
        variants={"biased": {"attention_bias": True, "mlp_bias": True}, "rope-scaled": LLAMA3},
    ),
    "llama4": TypeRules(
        settings={
            "text_config": {
                "rope_scaling": None,
                "num_experts_per_tok": 1,
                "moe_layers": [0, 1, 2, 3],
                "tie_word_embeddings": False,
                "attn_temperature_tuning": True,
            }
        },
        architecture="Llama4ForConditionalGeneration",
        renamed=INSIDE,
        held=True,
    ),
    "llama4_text": TypeRules(
        settings={"moe_layers": [], "tie_word_embeddings": True, "attn_temperature_tuning": False},
    ),
    "longcat_flash": TypeRules(
        settings={
            "head_dim": 16,
            "attention_method": "MLA",
            "zero_expert_type": "identity",
            "mla_scale_q_lora": True,
            "mla_scale_kv_lora": True,
        },
    ),
    "mamba": TypeRules(settings={"intermediate_size": 128}),
    "mamba2": TypeRules(settings={"head_dim": 16, "intermediate_size": 128}),
    "mellum": TypeRules(
        settings={"layer_types": ["full_attention", "sliding_attention", "full_attention", "sliding_attention"]},
    ),
    "mimo_v2_flash": TypeRules(
        settings={
            "head_dim": 24,
            "v_head_dim": 16,
            "swa_head_dim": 24,
            "swa_v_head_dim": 16,
            "swa_num_attention_heads": 4,
            "swa_num_key_value_heads": 4,
            "rope_theta": 700.0,
            "swa_rope_theta": 2000.0,
            "partial_rotary_factor": 0.334,
            "layernorm_epsilon": 1e-3,
            "sliding_window": 9,
            "sliding_window_size": 8,
            "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
            "hybrid_layer_pattern": [0, 1, 1, 0],
            "moe_layer_freq": [0, 1, 1, 1],
            "add_swa_attention_sink_bias": True,
            "add_full_attention_sink_bias": False,
            "n_shared_experts": None,
            "topk_method": "noaux_tc",
            "scoring_func": "sigmoid",
        },
    ),
    "minicpm3": TypeRules(
        settings={
            "rope_scaling": {
                "type": "longrope",
                "original_max_position_embeddings": 16,
                "short_factor": [1.0, 1.1, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0],
                "long_factor": [1.0, 1.3, 1.6, 2.0, 3.0, 4.0, 6.0, 9.0],
            }
        },
    ),
    "minimax": TypeRules(settings={"head_dim": 32, "rotary_dim": 16, "shared_intermediate_size": 0}),
    "minimax_m2": TypeRules(
        settings={"rotary_dim": 16, "shared_intermediate_size": 0, "scoring_func": "sigmoid", "use_qk_norm": True},
    ),
    "ministral3": TypeRules(
        settings={
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 700.0,
                "factor": 4.0,
                "original_max_position_embeddings": 16,
                "beta_fast": 32.0,
                "beta_slow": 1.0,
                "mscale": 1.0,
                "mscale_all_dim": 1.0,
                "llama_4_scaling_beta": 0.1,
            }
        },
        absent=("rope_theta", "rope_scaling"),
    ),
    "nemotron": TypeRules(head_gain=1.5),
    "nemotron_h": TypeRules(
        settings={"hybrid_override_pattern": "M*-E", "num_hidden_layers": 4},
        absent=("layers_block_type",),
    ),
    "olmo2": TypeRules(
        variants={"biased": {"attention_bias": True}, "rope-scaled": YARN},
        # No norm in front of a block: against small embeddings the biases would be all that the norm behind it sees.
        embedding_rms=0.4,
    ),
    "olmo3": TypeRules(
        settings={"rope_theta": 700.0}, absent=("rope_parameters",), variants={"rope-scaled": YARN}, embedding_rms=0.4
    ),
    "olmo_hybrid": TypeRules(
        settings={
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "linear_key_head_dim": 32,
            "linear_value_head_dim": 32,
        },
        renamed=(
            (r"attention_layer_norm", "input_layernorm"),
            (r"feedforward_layer_norm", "post_attention_layernorm"),
        ),
        resplit=(((r"q_conv1d", r"k_conv1d", r"v_conv1d"), (64, 64, 128)),),
    ),
    "olmoe": TypeRules(variants={"clipped": {"clip_qkv": 0.5}, "normalized": {"norm_topk_prob": True}}),
    "phi3": TypeRules(
        settings={"partial_rotary_factor": 0.75},
        # The port knows the long factors alone, and is right on texts longer than the original context; hence 16.
        variants={"rope-scaled": LONGROPE},
    ),
    "phimoe": TypeRules(settings={"attention_bias": True, "lm_head_bias": True}),
    "qwen2": TypeRules(variants={"rope-scaled": YARN, "windowed": {"use_sliding_window": True}}),
    "qwen3": TypeRules(variants={"rope-scaled": YARN, "windowed": {"use_sliding_window": True}}),
    "qwen3_moe": TypeRules(
        # The class does not declare head_dim, the Hub's files and the model code have it.
        settings={"head_dim": 32, "norm_topk_prob": True, "mlp_only_layers": [1]},
    ),
    "qwen3_5_moe": TypeRules(held=True),
    "qwen3_next": TypeRules(settings={"mlp_only_layers": []}),
    "recurrent_gemma": TypeRules(settings={"num_key_value_heads": 1}),
    "stablelm": TypeRules(
        variants={
            "parallel": {"use_parallel_residual": True, "qk_layernorm": True, "use_qkv_bias": True},
        },
    ),
}
