// The activation of the feed-forward: what its code calls, else what the config class has as default.
#include <algorithm>
#include <array>

#include "closest/call_arguments.hpp"
#include "closest/fact_rules.hpp"
#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Node;

struct Activation {
  std::string_view fact;
  std::string_view names;  // in a config
  std::string_view calls;  // in code
};
constexpr std::array activations{
    Activation{"mlp.silu", "silu|swish|swiglu", "*.silu|silu|swiglu|*.SiLU|SiLU|*.swiglu|SwiGLU"},
    Activation{"mlp.gelu_tanh", "gelu_pytorch_tanh|gelu_new|gelu_fast|gelu_approx", "*.gelu_approx|gelu_approx|geglu"},
    Activation{"mlp.gelu", "gelu", "*.gelu|gelu|*.GELU"},
    Activation{"mlp.relu2", "relu2|relu_squared", "*relu2|*relu_squared|*ReLUSquared*"},
    Activation{"mlp.xielu", "xielu", "*xielu|*XIELU|*XieLU"},
};
constexpr std::string_view fields =
    "hidden_act|hidden_activation|activation_function|mlp_hidden_act|hidden_activation_function|activation";

Place place_in(const source::SourceFile* file, const Node& node) {
  return {file->path.filename().string(), node.place().line};
}

}  // namespace

void tell_activation(source::SourceFiles& files, const Material& material, const source::Definition& config,
                     Structure& structure) {
  const auto note_called = [&](std::string_view name, const source::SourceFile* file, const Node& node) {
    for (const Activation& one : activations) {
      if (matches(name, one.calls)) structure.facts.emplace(std::string(one.fact), place_in(file, node));
    }
  };
  const bool by_config = std::ranges::any_of(material.keys, [](const auto& key) { return matches(key.first, fields); });
  for (const Module& module : material.tree.modules) {
    if (module.scope != Scope::feed_forward) continue;
    note_called(module.type, module.call.file, module.call.node);
    if (module.type == "SwitchGLU" && !argument(module.call.node, "activation", 3)) {
      note_called("swiglu", module.call.file, module.call.node);
    }
  }
  for (const UsedFunction& function : material.code) {
    if (function.scope != Scope::feed_forward) continue;
    for (const Node& call : function.node.all("call")) {
      note_called(call.field("function").text(), function.file, call);
    }
    // `mx.square(nn.relu(x))`, `nn.relu(x) ** 2`
    const std::size_t relu = function.text.find("relu(");
    if (relu != std::string::npos &&
        (function.text.find("square(") != std::string::npos || function.text.find("** 2", relu) != std::string::npos)) {
      structure.facts.emplace("mlp.relu2", Place{function.file->path.filename().string(), function.line_at(relu)});
    }
  }
  const bool has_any = std::ranges::any_of(material.tree.modules,
                                           [](const Module& module) { return module.scope == Scope::feed_forward; });
  if (!by_config || !config || !has_any) return;
  const Node value = field_default(files, config, fields);
  for (const Activation& one : activations) {
    if (matches(string_value(value), one.names)) {
      structure.facts.emplace(std::string(one.fact), place_in(config.file, value));
    }
  }
}

}  // namespace portwright::closest
