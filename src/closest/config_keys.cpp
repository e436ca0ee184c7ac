#include "closest/config_keys.hpp"

#include <array>

#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Node;

struct Names {
  std::string_view common;
  std::string_view others;
};
constexpr std::array synonyms{
    Names{"hidden_size", "n_embd|d_model|dim|model_dim"},
    Names{"num_hidden_layers", "n_layer|n_layers|num_layers|num_transformer_layers"},
    Names{"num_attention_heads", "n_head|n_heads|num_heads"},
    Names{"num_key_value_heads", "n_kv_heads|num_kv_heads|num_query_groups|kv_n_heads"},
    Names{"intermediate_size", "n_inner|ffn_hidden_size|ffn_dim|block_ff_dim"},
    Names{"head_dim", "head_size|attention_head_dim|kv_channels"},
    Names{"norm_eps", "rms_norm_eps|layer_norm_eps|layer_norm_epsilon|layernorm_epsilon|norm_epsilon|rms_norm_epsilon"},
    Names{"max_position_embeddings", "n_positions|n_ctx|max_sequence_length|max_seq_len"},
    Names{"rope_parameters", "rope_theta|rope_scaling|rotary_emb_base|rope_base|rotary_emb_scale_base|rope_type"},
    Names{"partial_rotary_factor", "rotary_pct|rotary_dim|rotary_ndims|rope_pct|partial_rotary|rotary_percent"},
    Names{"hidden_act", "hidden_activation|activation_function|mlp_hidden_act|hidden_activation_function"},
    Names{"num_experts", "num_local_experts|n_routed_experts|moe_num_experts|num_moe_experts"},
    Names{"num_experts_per_tok", "moe_topk|num_experts_per_token|moe_top_k|moe_k|top_k_experts|num_experts_per_topk"},
    Names{"num_shared_experts", "n_shared_experts|moe_num_shared_experts|num_shared_expert"},
    Names{"moe_intermediate_size", "expert_ffn_hidden_size|moe_expert_intermediate_size|expert_intermediate_size"},
    Names{"norm_topk_prob", "route_norm|moe_renormalize|norm_expert_weight|moe_router_norm"},
    Names{"routed_scaling_factor",
          "route_scale|moe_router_scaling_factor|router_scaling_factor|moe_routed_scaling_factor"},
    Names{"first_k_dense_replace", "num_dense_layers|moe_layer_start_index"},
    Names{"n_group", "num_expert_group|n_expert_groups"},
    Names{"topk_group", "num_limited_groups"},
    Names{"scoring_func", "score_func|score_function|moe_router_activation_func|router_score_function"},
    Names{"sliding_window", "sliding_window_size|window_size|attention_window_size"},
    Names{"layer_types", "sliding_window_pattern|layers_block_type|hybrid_layer_pattern|layer_type"},
    Names{"attention_bias", "use_qkv_bias|qkv_bias|add_qkv_bias|attn_bias"},
    Names{"use_qk_norm", "qk_layernorm|qk_norm|use_qk_layernorm"},
    Names{"embedding_multiplier", "scale_emb"},
    Names{"residual_multiplier", "scale_depth"},
    Names{"logits_scaling", "logit_scale|lm_head_multiplier"},
    Names{"conv_kernel", "conv_kernel_size|linear_conv_kernel_dim|mamba_d_conv|conv_L_cache|d_conv|conv_width"},
    Names{"state_size", "mamba_d_state|ssm_state_size|d_state"},
};

constexpr std::string_view no_structure_names =
    "*dropout*|use_cache|_attn_implementation|*token_id*|initializer_range|output_*|torch_dtype|dtype|model_type|"
    "vocab_size|*_pdrop|pretraining_tp|return_dict|use_return_dict|problem_type|num_labels|*_loss_coef*|_*|"
    "is_decoder|architectures|get_text_config|*_drop|to_dict|*jitter*|_experts_implementation|quantization*|"
    "rope_traditional|max_position_embeddings|hidden_act|hidden_activation|head_dim|text_config|vision_config|"
    "tie_word_embeddings|pad_token*|attn_implementation|chunk_size_feed_forward|use_bfloat16|get|from_dict|update|copy|"
    "items|keys";

bool is_config(std::string_view text) { return matches(text, "config|args|*.config|*.args|*_config|params"); }

std::string_view string_in(const Node& node) {
  std::string_view text = node.text();
  if (!node.is("string") || text.size() < 2) return {};
  return text.substr(1, text.size() - 2);
}

// The field that one expression reads; nothing where it reads none.
std::string_view key_of(const Node& node) {
  if (node.is("attribute") && is_config(node.field("object").text())) return node.field("attribute").text();
  if (node.is("subscript") && matches(node.field("value").text(), "*rope_parameters*|*rope_scaling*|*rope_params*")) {
    return string_in(node.field("subscript"));
  }
  if (!node.is("call")) return {};
  const Node callee = node.field("function");
  const std::vector<Node> arguments = node.field("arguments").children();
  if (matches(callee.text(), "getattr|hasattr") && arguments.size() > 1 && is_config(arguments[0].text())) {
    return string_in(arguments[1]);
  }
  const bool asks = callee.is("attribute") && callee.field("attribute").text() == "get" && !arguments.empty();
  if (asks && matches(callee.text(), "*rope_parameters*|*rope_scaling*|*rope_params*|config.get|args.get")) {
    return string_in(arguments[0]);
  }
  return {};
}

}  // namespace

std::string_view common_name(std::string_view key) {
  for (const Names& names : synonyms) {
    if (matches(key, names.others)) return names.common;
  }
  return key;
}

bool is_no_structure(std::string_view key) { return matches(key, no_structure_names); }

std::map<std::string, Place, std::less<>> keys_read(const std::vector<UsedFunction>& code) {
  std::map<std::string, Place, std::less<>> found;
  for (const UsedFunction& function : code) {
    for (const Node& node : function.node.all()) {
      const std::string_view key = key_of(node);
      if (key.empty() || found.contains(key)) continue;
      found.emplace(key, Place{function.file->path.filename().string(), node.place().line});
    }
  }
  return found;
}

}  // namespace portwright::closest
