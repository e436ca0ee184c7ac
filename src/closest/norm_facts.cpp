// Norms: of which kind, where in a layer, and over what in attention.
#include "closest/call_arguments.hpp"
#include "closest/fact_rules.hpp"
#include "closest/layer_order.hpp"
#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Definition;
using source::Node;

constexpr std::string_view qk_norms =
    "q_norm|k_norm|qk_norm|q_layernorm|k_layernorm|query_layernorm|key_layernorm|query_norm|key_norm|q_ln|k_ln";

Place place_of_module(const Module& module) {
  return {module.call.file->path.filename().string(), module.call.node.place().line};
}

bool is_norm(const Module& module) { return matches(module.type, "*Norm*|*_norm|rms_norm*"); }

bool has(std::string_view text, std::initializer_list<std::string_view> any) {
  for (const std::string_view one : any) {
    if (text.find(one) != std::string_view::npos) return true;
  }
  return false;
}

// By what the class computes; by its name where it leaves that to a built-in.
std::string_view kind_of_norm(const Module& module, std::string_view body) {
  if (has(body, {"layer_norm(", "- mean", "-mean"})) return "norm.layer";
  if (has(body, {"rms_norm(", "rsqrt(", "RMSNorm"})) return "norm.rms";
  return matches(module.type, "*RMS*|*L2*") ? "norm.rms" : "norm.layer";
}

void tell_kind(source::SourceFiles& files, const Module& module, Structure& structure) {
  std::string body;
  for (const Definition& type : source::class_and_bases(files, module.definition)) body += type.node.text();
  const Place place = place_of_module(module);
  structure.facts.emplace(std::string(kind_of_norm(module, body)), place);
  if (has(body, {"1.0 + self.weight", "1 + self.weight", "self.weight + 1", "self.weight + 1.0"})) {
    structure.facts.emplace("norm.offset", place);
  }
  const bool affine = argument(module.call.node, "affine", -1).text() != "False";
  if (!affine || (!body.empty() && !has(body, {"self.weight", "nn.LayerNorm", "nn.RMSNorm"}))) {
    structure.facts.emplace("norm.weightless", place);
  }
}

// "num_heads * head_dim" and "hidden_size" are the whole projection; "head_dim" and "(num_heads, head_dim)" a head.
bool is_whole(const Node& width) {
  const std::string_view text = width.text();
  if (width.is("tuple") || width.is("list") || has(text, {"//"})) return false;
  return has(text, {"*", "hidden_size", "embed_dim"}) || matches(text, "dim|q_dim|k_dim|self.dim|*kv_dim");
}

void tell_qk_norm(source::SourceFiles& files, const Module& module, Structure& structure) {
  Node width = argument(module.call.node, "hidden_size", 0);
  if (!width) width = argument(module.call.node, "dims", -1);
  if (!width) width = argument(module.call.node, "dim", -1);
  if (width.is("identifier")) {
    source::Expression variable = module.call;
    variable.node = width;
    const auto given = source::values_of_variable(files, variable, width.text());
    if (!given.empty() && given.front().node.is("binary_operator")) width = given.front().node;
  }
  structure.facts.emplace(is_whole(width) ? "attention.qk_norm.whole" : "attention.qk_norm.head",
                          place_of_module(module));
}

// The text of attention's forward tells the order: where the norm is called and where the rotation.
void tell_order_with_rotation(const UsedFunction& function, Structure& structure) {
  if (function.scope != Scope::attention || !matches(function.node.field("name").text(), "forward|__call__")) return;
  std::size_t norm = std::string::npos;
  for (const std::string_view name : alternatives(qk_norms)) {
    norm = std::min(norm, function.text.find("self." + std::string(name) + "("));
  }
  std::size_t rotation = std::string::npos;
  for (const char* name : {"apply_rotary", "self.rope(", "self.rotary_emb(queries", "mx.fast.rope("}) {
    rotation = std::min(rotation, function.text.find(name));
  }
  if (norm == std::string::npos || rotation == std::string::npos || norm < rotation) return;
  structure.facts.emplace("attention.qk_norm.after_rope",
                          Place{function.file->path.filename().string(), function.line_at(norm)});
}

// Some ports add the one where they load the weights.
void tell_offset_of_loading(source::SourceFiles& files, const Material& material, Structure& structure) {
  for (const UsedClass& used : material.tree.classes) {
    const source::Method method = source::method_of(files, used.definition, "sanitize");
    if (!method || used.scope != Scope::model) continue;
    const std::string_view text = method.node.text();
    if (text.find("norm") == std::string_view::npos || !has(text, {"+ 1.0", "1.0 +", "+= 1"})) continue;
    structure.facts.emplace("norm.offset", Place{method.file->path.filename().string(), method.node.place().line});
  }
}

}  // namespace

void tell_norms(source::SourceFiles& files, const Material& material, Structure& structure) {
  for (const Module& module : material.tree.modules) {
    const bool of_attention = module.scope == Scope::attention && matches(module.name, qk_norms);
    if (of_attention && (is_norm(module) || module.is_parameter)) tell_qk_norm(files, module, structure);
    if (!is_norm(module) || (module.scope != Scope::model && module.scope != Scope::layer)) continue;
    tell_kind(files, module, structure);
  }
  tell_offset_of_loading(files, material, structure);
  for (const UsedFunction& function : material.code) tell_order_with_rotation(function, structure);
  const LayerOrder order = layer_order(files, material.tree);
  if (!order.told) return;
  const Place place{order.file->path.filename().string(), order.line};
  const auto note_if = [&](bool seen, const char* fact) {
    if (seen) structure.facts.emplace(fact, place);
  };
  note_if(order.norm_before_mixer, "norm.before_mixer");
  note_if(order.norm_after_mixer, "norm.after_mixer");
  note_if(order.norm_before_feed_forward, "norm.before_feed_forward");
  note_if(order.norm_after_feed_forward, "norm.after_feed_forward");
  note_if(order.parallel, "layer.parallel");
  note_if(order.parallel_mixers, "recurrent.parallel");
}

}  // namespace portwright::closest
