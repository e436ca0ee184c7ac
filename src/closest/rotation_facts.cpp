// Rotation: interleaved (strides of two in a reference, `traditional` in a port), or on some layers alone.
#include <algorithm>
#include <array>

#include "closest/call_arguments.hpp"
#include "closest/fact_rules.hpp"
#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Node;

constexpr std::array<std::string_view, 5> signs{"0::2]", " ::2]", "view_as_complex", "repeat_interleave(2",
                                                "pos_emb_interleave("};

struct Maker {
  std::string_view callee;
  int traditional;  // place of the argument
};
constexpr std::array makers{Maker{"nn.RoPE", 1}, Maker{"initialize_rope", 2}};

bool is_true(source::SourceFiles& files, const Node& value, const source::Definition& config) {
  if (!value || value.text() == "True") return value.text() == "True";
  if (!value.is("attribute")) return false;
  return field_default(files, config, value.field("attribute").text()).text() == "True";
}

bool calls_rotation(const Node& block) {
  return std::ranges::any_of(block.all("call"), [](const Node& call) {
    return matches(call.field("function").text(), "*apply_rotary*|self.rope|self.rotary_emb|mx.fast.rope|self.*rope");
  });
}

// `if self.use_rope:` around the rotation, and no other rotation in its `else`; a cache decides nothing of the kind.
void tell_some_layers(const UsedFunction& function, Structure& structure) {
  if (function.scope != Scope::attention || !matches(function.node.field("name").text(), "forward|__call__")) return;
  for (const Node& statement : function.node.all("if_statement")) {
    const std::string_view condition = statement.field("condition").text();
    const bool of_layer = condition.find("self.") != std::string_view::npos &&
                          condition.find("cache") == std::string_view::npos &&
                          condition.find("interleave") == std::string_view::npos;
    if (!of_layer || !calls_rotation(statement.field("consequence"))) continue;
    const Node otherwise = statement.field("alternative");
    if (otherwise && calls_rotation(otherwise)) continue;
    structure.facts.emplace("rope.some_layers", Place{function.file->path.filename().string(), statement.place().line});
  }
}

}  // namespace

void tell_rotation(source::SourceFiles& files, const Material& material, const source::Definition& config,
                   Structure& structure) {
  for (const UsedFunction& function : material.code) {
    const std::string file = function.file->path.filename().string();
    for (const std::string_view sign : signs) {
      const std::size_t at = function.text.find(sign);
      const bool rotates = sign == "pos_emb_interleave(" || sign == "view_as_complex" ||
                           matches(function.node.field("name").text(), "rotate_*") ||
                           function.text.find("* cos") != std::string::npos ||
                           function.text.find(".cos()") != std::string::npos;
      const bool in_attention = function.scope == Scope::attention || function.scope == Scope::model;
      if (at == std::string::npos || !rotates || !in_attention) continue;
      structure.facts.emplace("rope.interleaved", Place{file, function.line_at(at)});
    }
    tell_some_layers(function, structure);
    for (const Node& call : function.node.all("call")) {
      for (const Maker& maker : makers) {
        if (call.field("function").text() != maker.callee) continue;
        if (!is_true(files, argument(call, "traditional", maker.traditional), config)) continue;
        structure.facts.emplace("rope.interleaved", Place{file, call.place().line});
      }
    }
  }
}

}  // namespace portwright::closest
