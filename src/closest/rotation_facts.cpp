// Interleaved rotation: strides of two in a reference, `traditional` in a port.
#include <array>

#include "closest/call_arguments.hpp"
#include "closest/fact_rules.hpp"
#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Node;

constexpr std::array<std::string_view, 5> signs{"0::2]", " ::2]", "view_as_complex", "repeat_interleave(2",
                                                "_interleave("};

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

}  // namespace

void tell_rotation(source::SourceFiles& files, const Material& material, const source::Definition& config,
                   Structure& structure) {
  for (const UsedFunction& function : material.code) {
    const std::string file = function.file->path.filename().string();
    for (const std::string_view sign : signs) {
      const std::size_t at = function.text.find(sign);
      const bool rotates = function.text.find("cos") != std::string::npos || sign == "_interleave(";
      const bool in_attention = function.scope == Scope::attention || function.scope == Scope::model;
      if (at == std::string::npos || !rotates || !in_attention) continue;
      structure.facts.emplace("rope.interleaved", Place{file, function.line_at(at)});
    }
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
