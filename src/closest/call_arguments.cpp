#include "closest/call_arguments.hpp"

#include "closest/pattern.hpp"

namespace portwright::closest {

using source::Definition;
using source::Node;

Node argument(const Node& call, std::string_view name, int place) {
  const std::vector<Node> arguments = call.field("arguments").children();
  for (const Node& one : arguments) {
    if (one.is("keyword_argument") && one.field("name").text() == name) return one.field("value");
  }
  const bool placed = place >= 0 && static_cast<std::size_t>(place) < arguments.size();
  if (!placed || arguments[static_cast<std::size_t>(place)].is("keyword_argument")) return {};
  return arguments[static_cast<std::size_t>(place)];
}

Node field_default(source::SourceFiles& files, const Definition& config, std::string_view pattern) {
  for (const Definition& one : source::class_and_bases(files, config)) {
    for (const Node& statement : one.node.field("body").children()) {
      const std::vector<Node> parts = statement.children();
      if (!statement.is("expression_statement") || parts.empty() || !parts.front().is("assignment")) continue;
      const Node value = parts.front().field("right");
      if (value && matches(parts.front().field("left").text(), pattern)) return value;
    }
  }
  return {};
}

std::string_view string_value(const Node& node) {
  const std::string_view text = node.text();
  if (!node.is("string") || text.size() < 2) return {};
  return text.substr(1, text.size() - 2);
}

}  // namespace portwright::closest
