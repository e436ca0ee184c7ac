#include "closest/fact_rules.hpp"

#include <algorithm>
#include <array>

#include "closest/call_arguments.hpp"
#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Node;

enum class Kind {
  module,  // an attribute that holds a module or an array
  type,    // the class of a module
  key,     // a config field, as written
  call,    // what is called
  text,    // a piece of code, as it stands
};

constexpr unsigned bit(Scope scope) { return static_cast<unsigned>(scope); }
constexpr unsigned anywhere = 31;
constexpr unsigned attention = bit(Scope::attention);
constexpr unsigned recurrent = bit(Scope::recurrent);
constexpr unsigned feed_forward = bit(Scope::feed_forward);
constexpr unsigned layers = bit(Scope::layer);
constexpr unsigned model = bit(Scope::model);

struct Rule {
  std::string_view fact;
  Kind kind;
  unsigned where;
  std::string_view pattern;
};

constexpr std::array rules{
    Rule{"attention.softmax", Kind::call, attention,
         "*scaled_dot_product_attention|eager_attention_forward|ALL_ATTENTION_FUNCTIONS.get_interface|"
         "attention_interface|*.softmax|*_attention_forward|*sdpa*"},
    Rule{"attention.separate_qkv", Kind::module, attention, "q_proj|wq|query|q_b_proj|query_proj|to_q"},
    Rule{"attention.fused_qkv", Kind::module, attention,
         "qkv_proj|Wqkv|query_key_value|c_attn|wqkv|qkv|att_proj|qkv_linear"},
    Rule{"attention.grouped", Kind::key, anywhere, "num_key_value_heads|n_kv_heads|num_kv_heads|num_query_groups"},
    Rule{"attention.v_norm", Kind::module, attention, "v_norm|value_norm|v_layernorm"},
    Rule{"attention.gate", Kind::call, attention, "*sigmoid"},
    Rule{"attention.inner_norm", Kind::module, attention, "attn_sub_norm|inner_attn_ln|sub_norm"},
    Rule{"attention.sinks", Kind::module, attention, "sinks|*sink*"},
    Rule{"attention.sinks", Kind::key, anywhere, "*attention_sink*"},
    Rule{"attention.softcap", Kind::key, anywhere, "attn_logit_softcapping|attn_logit_softcap*"},
    Rule{"attention.window", Kind::key, anywhere,
         "sliding_window|sliding_window_size|window_size|attention_window_size|sliding_window_pattern"},
    Rule{"attention.layer_kinds", Kind::key, anywhere,
         "layer_types|sliding_window_pattern|layers_block_type|hybrid_layer_pattern|hybrid_override_pattern|"
         "full_attention_interval|attn_layer_period|full_attn_idxs|attn_type_list|block_types|_block_types|"
         "no_rope_layers|layer_group_size|global_attn_every_n_layers"},
    Rule{"attention.chunks", Kind::key, anywhere, "attention_chunk_size"},
    Rule{"attention.scale", Kind::key, anywhere,
         "attention_multiplier|query_pre_attn_scalar|attention_scale|attn_scale_by_config"},
    Rule{"attention.temperature", Kind::key, anywhere, "attn_temperature_tuning|floor_scale|llama_4_scaling_beta"},
    Rule{"attention.clip", Kind::key, anywhere, "clip_qkv|*.clip_qkv"},
    Rule{"attention.mla", Kind::key, anywhere, "kv_lora_rank"},
    Rule{"attention.q_lora", Kind::key, anywhere, "q_lora_rank"},
    Rule{"attention.indexer", Kind::key, anywhere, "index_topk|index_n_heads"},
    Rule{"attention.shared_kv", Kind::key, anywhere, "num_kv_shared_layers|*kv_reuse*|kv_sharing*"},

    Rule{"rope", Kind::module, anywhere, "rotary_emb|rope|rotary|*rotary_emb*|*_rope|rope_*"},
    Rule{"rope", Kind::call, anywhere, "*apply_rotary*|mx.fast.rope|initialize_rope|nn.RoPE"},
    Rule{"rope.learned", Kind::module, model, "wpe|embed_positions|position_embeddings|pos_embed*"},
    Rule{"rope.partial", Kind::key, anywhere,
         "partial_rotary_factor|rotary_pct|rotary_dim|rotary_ndims|rope_pct|rotary_percent"},
    Rule{"rope.scaling", Kind::text, anywhere, "ROPE_INIT_FUNCTIONS"},
    Rule{"rope.scaling", Kind::key, anywhere, "rope_scaling|rope_scaling_factor"},
    Rule{"rope.kinds", Kind::key, anywhere, "rope_local_base_freq|swa_rope_theta|rope_local_theta|local_rope_theta"},
    Rule{"rope.kinds", Kind::text, anywhere, "rope_parameters[layer_type]"},
    Rule{"rope.kinds", Kind::text, anywhere, "rope_parameters[\"sliding_attention\"]"},
    Rule{"rope.some_layers", Kind::key, anywhere, "no_rope_layers|no_rope_layer_interval|nope_layer_interval"},
    Rule{"rope.sections", Kind::key, anywhere, "mrope_section"},

    Rule{"layer.residual_scale", Kind::key, anywhere, "residual_multiplier|scale_depth|residual_scale"},
    Rule{"layer.scalar", Kind::module, layers, "layer_scalar|layer_scale*|*_alpha"},

    Rule{"mlp.inner_norm", Kind::module, feed_forward, "ffn_sub_norm|sub_norm|ffn_layernorm"},
    Rule{"mlp.clamped", Kind::key, anywhere, "swiglu_limit*"},

    Rule{"router", Kind::module, feed_forward | layers, "experts|switch_mlp|block_sparse_moe|moe"},
    Rule{"router.bias", Kind::module, feed_forward, "e_score_correction_bias|expert_bias|*correction_bias|moe_statics"},
    Rule{"router.groups", Kind::key, anywhere, "n_group|topk_group|num_expert_group|n_expert_groups"},
    Rule{"router.normalised", Kind::key, anywhere,
         "norm_topk_prob|route_norm|moe_renormalize|norm_expert_weight|moe_router_norm*"},
    Rule{"router.scale", Kind::key, anywhere,
         "routed_scaling_factor|route_scale|moe_router*scaling_factor|router_scaling_factor"},
    Rule{"router.shared", Kind::module, feed_forward | layers, "shared_expert*|shared_mlp|shared_experts"},
    Rule{"router.shared_gate", Kind::module, feed_forward, "shared_expert_gate|shared_experts_gate"},
    Rule{"router.dense_layers", Kind::key, anywhere,
         "first_k_dense_replace|mlp_only_layers|decoder_sparse_step|num_dense_layers|moe_layer_start_index|"
         "moe_layer_freq|mlp_layer_types|expert_layer_period|interleave_moe_layer_step|moe_layers_enum|moe_layers"},
    Rule{"router.zero_experts", Kind::key, anywhere, "zero_expert_num"},

    Rule{"recurrent.mamba", Kind::module, recurrent, "x_proj"},
    Rule{"recurrent.mamba2", Kind::call, recurrent,
         "ssm_update|segment_sum|mamba_chunk_scan_combined|pad_tensor_by_size"},
    Rule{"recurrent.gated_delta", Kind::call, recurrent,
         "*gated_delta_update|*chunk_gated_delta_rule|*gated_delta_rule*"},
    Rule{"recurrent.gated_delta", Kind::type, anywhere, "*GatedDelta*"},
    Rule{"recurrent.kda", Kind::type, anywhere, "*KDA*|*DeltaAttention*"},
    Rule{"recurrent.short_conv", Kind::key, anywhere, "conv_L_cache"},
    Rule{"recurrent.lightning", Kind::type, anywhere, "*Lightning*|*LinearAttention"},
    Rule{"recurrent.rglru", Kind::type, anywhere, "*RGLRU*|*Rglru*|*RgLru*"},
    Rule{"recurrent.rwkv", Kind::type, anywhere, "*Rwkv*|*RWKV*"},
    Rule{"recurrent.multipliers", Kind::key, anywhere, "ssm_multipliers|ssm_in_multiplier"},

    Rule{"embedding.scale", Kind::key, anywhere, "embedding_multiplier|scale_emb|embedding_scale"},
    Rule{"embedding.scale", Kind::type, model, "*ScaledWordEmbedding"},
    Rule{"embedding.scale", Kind::text, model, "hidden_size**0.5"},
    Rule{"embedding.norm", Kind::module, model, "embed_norm|embedding_layernorm|embeddings_norm|ln_emb"},
    Rule{"embedding.per_layer", Kind::module, model, "embed_tokens_per_layer|per_layer_*"},
    Rule{"head.tied", Kind::key, anywhere, "tie_word_embeddings|tie_embedding"},
    Rule{"head.tied", Kind::call, model, "*.as_linear"},
    Rule{"head.scale", Kind::key, anywhere, "logits_scaling|logit_scale|lm_head_multiplier|dim_model_base"},
    Rule{"head.softcap", Kind::key, anywhere, "final_logit_softcap*"},

    Rule{"cache.rotating", Kind::call, anywhere, "RotatingKVCache|*.RotatingKVCache"},
    Rule{"cache.state", Kind::call, anywhere, "ArraysCache|MambaCache|*.ArraysCache"},
    Rule{"cache.chunked", Kind::call, anywhere, "ChunkedKVCache"},
};

Place place_of(const source::SourceFile* file, int line) { return {file->path.filename().string(), line}; }

void note(Structure& structure, std::string_view fact, const Place& place) {
  structure.facts.emplace(std::string(fact), place);
}

void tell_by_modules(const ModuleTree& tree, Structure& structure) {
  for (const Module& module : tree.modules) {
    for (const Rule& rule : rules) {
      const bool by_name = rule.kind == Kind::module && matches(module.name, rule.pattern);
      const bool by_type = rule.kind == Kind::type && matches(module.type, rule.pattern);
      if ((!by_name && !by_type) || (rule.where & bit(module.scope)) == 0) continue;
      note(structure, rule.fact, place_of(module.call.file, module.call.node.place().line));
    }
  }
}

void tell_by_code(const UsedFunction& function, Structure& structure) {
  for (const Rule& rule : rules) {
    if (rule.kind != Kind::text || (rule.where & bit(function.scope)) == 0) continue;
    const std::size_t at = function.text.find(rule.pattern);
    if (at != std::string::npos) note(structure, rule.fact, place_of(function.file, function.line_at(at)));
  }
  for (const Node& call : function.node.all("call")) {
    const std::string_view callee = call.field("function").text();
    for (const Rule& rule : rules) {
      if (rule.kind != Kind::call || (rule.where & bit(function.scope)) == 0 || !matches(callee, rule.pattern))
        continue;
      note(structure, rule.fact, place_of(function.file, call.place().line));
    }
  }
}

}  // namespace

void tell_by_rules(const Material& material, Structure& structure) {
  tell_by_modules(material.tree, structure);
  for (const UsedFunction& function : material.code) tell_by_code(function, structure);
  for (const auto& [key, place] : material.keys) {
    for (const Rule& rule : rules) {
      if (rule.kind == Kind::key && matches(key, rule.pattern)) note(structure, rule.fact, place);
    }
  }
}

void tell_tying(source::SourceFiles& files, const source::Definition& root, Structure& structure) {
  if (const Node keys = field_default(files, root, "_tied_weights_keys")) {
    note(structure, "head.tied", place_of(root.file, keys.place().line));
  }
}

void tell_what_follows(const Material& material, Structure& structure) {
  struct Consequence {
    std::string_view from;
    std::string_view to;
  };
  constexpr std::array consequences{
      Consequence{"attention.window", "cache.rotating"}, Consequence{"attention.chunks", "cache.chunked"},
      Consequence{"attention.softmax", "cache.kv"},      Consequence{"attention.mla", "cache.kv"},
      Consequence{"recurrent.*", "cache.state"},
  };
  for (const Module& module : material.tree.modules) {
    const auto named =
        std::ranges::any_of(structure.facts, [](const auto& fact) { return matches(fact.first, "recurrent.*"); });
    if (module.scope != Scope::recurrent || named) continue;
    note(structure, "recurrent.other", place_of(module.call.file, module.call.node.place().line));
  }
  const auto told = structure.facts;
  bool several_kinds = structure.has("attention.window") || structure.has("attention.chunks");
  for (const auto& [fact, place] : told) {
    for (const Consequence& one : consequences) {
      if (matches(fact, one.from)) note(structure, one.to, place);
    }
  }
  for (const Module& module : material.tree.modules) several_kinds |= module.scope == Scope::recurrent;
  // Every reference asks for the layers' kinds, also where there is but one.
  several_kinds = several_kinds && !structure.has("recurrent.parallel") && structure.has("cache.kv");
  if (!several_kinds) structure.facts.erase("attention.layer_kinds");
  // Latent attention has as many keys as queries, whatever the config says.
  if (structure.has("attention.mla")) structure.facts.erase("attention.grouped");
}

}  // namespace portwright::closest
