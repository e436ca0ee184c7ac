#include "closest/structure.hpp"

#include <fmt/format.h>

#include <array>

#include "closest/fact_rules.hpp"
#include "closest/pattern.hpp"
#include "closest/text_config.hpp"

namespace portwright::closest {
namespace {

using source::Definition;
using source::SourceFile;
using source::SourceFiles;

struct Names {
  std::string_view common;
  std::string_view others;
};
constexpr std::array parts{
    Names{"self_attn", "attn|attention|self_attention|linear_attn?|mixer_attn"},
    Names{"mlp", "feed_forward|block_sparse_moe|moe|ffn|ff"},
    Names{"q_proj", "wq|q|query|to_q"},
    Names{"k_proj", "wk|k|key|to_k"},
    Names{"v_proj", "wv|v|value|to_v"},
    Names{"o_proj", "out_proj|dense|wo|to_out"},
    Names{"qkv_proj", "Wqkv|query_key_value|c_attn|wqkv|qkv|att_proj"},
    Names{"gate_proj", "w1"},
    Names{"up_proj", "w3|c_fc|fc1|dense_h_to_4h|fc_in"},
    Names{"down_proj", "w2|c_proj|fc2|dense_4h_to_h|fc_out"},
    Names{"embed_tokens", "wte|embed_in|tok_embeddings|embeddings|word_embeddings|token_embedding"},
    Names{"norm", "ln_f|final_layernorm|final_layer_norm|norm_f|final_norm|out_norm|embedding_norm"},
    Names{"lm_head", "embed_out|output"},
    Names{"gate", "router"},
    Names{"experts", "switch_mlp"},
    Names{"q_norm", "q_layernorm|query_layernorm|q_ln|query_norm"},
    Names{"k_norm", "k_layernorm|key_layernorm|k_ln|key_norm"},
    Names{"input_layernorm", "ln_1|attention_norm|operator_norm|norm1|ln1|pre_attention_layernorm"},
    Names{"post_attention_layernorm", "ln_2|ffn_norm|norm2|ln2|pre_mlp_layernorm"},
    Names{"shared_experts", "shared_expert|shared_mlp"},
};
constexpr std::string_view without_weights =
    "rotary*|rope*|*_rope|act|act_fn|activation*|*dropout*|*drop|*rotary_emb*|embed_scale|*_freqs|inv_freq|*_inv_freq";

std::string_view common_part(std::string_view name) {
  for (const Names& names : parts) {
    if (matches(name, names.others)) return names.common;
  }
  return name;
}

std::string_view parent_name(std::string_view path) {
  for (std::size_t end = path.rfind('.'); end != std::string_view::npos; end = path.rfind('.', end - 1)) {
    const std::size_t begin = path.rfind('.', end - 1);
    const std::string_view part = path.substr(begin + 1, end - begin - 1);
    if (part != "*") return part;
    if (begin == std::string_view::npos) break;
  }
  return {};
}

// Weights by the two last parts of their path. What experts are made of is laid out by the library, not the model.
void note_parameters(const ModuleTree& tree, Structure& structure) {
  for (const Module& module : tree.modules) {
    const bool experts = common_part(module.name) == "experts";
    const bool inside =
        module.path.find("experts.") != std::string::npos || module.path.find("switch_mlp.") != std::string::npos;
    const bool leaf = !module.definition || matches(module.type, "*Norm*|*Embedding*|*Linear|*Router|*Gate") || experts;
    if (!leaf || (inside && !experts) || matches(module.name, without_weights)) continue;
    if (matches(parent_name(module.path), "*norm*|*Norm*|*router*|gate|rotary*")) continue;
    const std::string_view parent = module.scope == Scope::model   ? ""
                                    : module.scope == Scope::layer ? "layer"
                                                                   : parent_name(module.path);
    std::string name =
        std::string(common_part(parent)) + (parent.empty() ? "" : ".") + std::string(common_part(module.name));
    structure.parameters.emplace(std::move(name),
                                 Place{module.call.file->path.filename().string(), module.call.node.place().line});
    if (!experts) structure.names.insert(module.path);
  }
}

}  // namespace

Result<Structure> structure_of(SourceFiles& files, const Source& source) {
  const auto file = files.read(source.file);
  if (!file) return tl::unexpected<Error>(file.error());
  const Definition root = files.definition(**file, source.root);
  if (!root.is_class()) {
    return fail(Fault::input, fmt::format("{} has no class {}", source.file.string(), source.root));
  }
  Definition config = files.definition(**file, source.config);
  if (!source.configuration.empty()) {
    if (const auto configuration = files.read(source.configuration)) {
      config = files.definition(**configuration, source.config);
      const std::string text = text_config_of(files, config).config;
      if (const Definition own = files.definition(**configuration, text); own.is_class()) config = own;
    }
  }
  const ModuleTree tree = module_tree(files, root);
  const std::vector<UsedFunction> code = used_code(files, tree);
  const Keys as_written = keys_read(code);

  Structure structure;
  const Material material{tree, code, as_written};
  tell_by_rules(material, structure);
  tell_norms(files, material, structure);
  tell_projections(material, structure);
  tell_rotation(files, material, config, structure);
  tell_activation(files, material, config, structure);
  tell_tying(files, root, structure);
  tell_what_follows(material, structure);
  for (const auto& [key, place] : as_written) {
    if (!is_no_structure(key)) structure.keys.emplace(std::string(common_name(key)), place);
  }
  note_parameters(tree, structure);
  for (const Module& module : tree.modules) structure.has_layers |= module.is_layer;
  return structure;
}

}  // namespace portwright::closest
