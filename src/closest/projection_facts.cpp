// Linear layers: which have a bias, and whether the feed-forward is gated.
#include <set>

#include "closest/call_arguments.hpp"
#include "closest/fact_rules.hpp"
#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

constexpr std::string_view gates =
    "gate_proj|gate_up_proj|w3|linear_v|gate|gate_up|v1|fc1_g|c_fc2|fc_gate|gate_and_up*";
constexpr std::string_view ups = "up_proj|fc1|c_fc|fc_in|dense_h_to_4h|w1|in_proj|wi|*gate_proj|gate_up*|linear|fc_1";

bool is_linear(const Module& module) { return matches(module.type, "Linear|*Linear|Conv1D"); }

bool may_have_bias(const Module& module) {
  if (module.type == "Conv1D") return true;
  if (!matches(module.type, "Linear")) return false;
  const source::Node bias = argument(module.call.node, "bias", 2);
  return bias.text() != "False";  // both libraries' own default is a bias
}

void note_module(Structure& structure, const char* fact, const Module& module) {
  structure.facts.emplace(fact, Place{module.call.file->path.filename().string(), module.call.node.place().line});
}

std::string parent_of(const std::string& path) { return path.substr(0, std::min(path.rfind('.'), path.size())); }

// A gated MLP has a second projection beside the one that goes up.
void tell_gate(const ModuleTree& tree, Structure& structure) {
  std::set<std::string> gated;
  for (const Module& module : tree.modules) {
    if (module.scope != Scope::feed_forward) continue;
    const bool layer_of_experts = matches(module.type, "SwitchGLU");
    const bool second =
        matches(module.name, gates) && module.name != "gate" && (is_linear(module) || module.is_parameter);
    if (layer_of_experts || second) {
      gated.insert(parent_of(module.path));
      note_module(structure, "mlp.gated", module);
    }
    if (matches(module.name, "gate_up*|w12|gate_and_up*|input_linear") && is_linear(module)) {
      note_module(structure, "mlp.fused", module);
    }
  }
  for (const Module& module : tree.modules) {
    if (module.scope != Scope::feed_forward || !is_linear(module) || !matches(module.name, ups)) continue;
    if (!gated.contains(parent_of(module.path)) && !matches(module.name, gates))
      note_module(structure, "mlp.plain", module);
  }
}

}  // namespace

void tell_projections(const Material& material, Structure& structure) {
  for (const Module& module : material.tree.modules) {
    if (!may_have_bias(module)) continue;
    if (module.scope == Scope::attention &&
        matches(module.name, "*q_proj|*qkv*|c_attn|*query*|wq|W*qkv|k_proj|v_proj")) {
      note_module(structure, "attention.bias", module);
    }
    if (module.scope == Scope::feed_forward && matches(module.name, ups)) note_module(structure, "mlp.bias", module);
    if (module.scope == Scope::model && matches(module.name, "lm_head|output|embed_out")) {
      note_module(structure, "head.bias", module);
    }
  }
  for (const Module& module : material.tree.modules) {
    const bool output = module.scope == Scope::attention && matches(module.name, "o_proj|out_proj|wo|dense");
    if (!output || !is_linear(module) || may_have_bias(module)) continue;
    const auto bias = structure.facts.find("attention.bias");
    if (bias != structure.facts.end()) structure.facts.emplace("attention.bias_within", bias->second);
  }
  tell_gate(material.tree, structure);
}

}  // namespace portwright::closest
