#include "source/given.hpp"

namespace portwright::source {
namespace {

// `a = b = X()` gives X() to both.
Node last_right(Node right) {
  while (right.is("assignment")) right = right.field("right");
  return right;
}

// `layers.append(x)` and `layers.insert(0, x)` give an element, `layers.extend(more)` a list.
void note_growth(const Node& call, std::vector<Given>& given) {
  const Node function = call.field("function");
  if (!function.is("attribute")) return;
  const std::string_view verb = function.field("attribute").text();
  const bool appends = verb == "append" || verb == "insert";
  if (!appends && verb != "extend") return;
  const std::vector<Node> arguments = call.field("arguments").children();
  if (!arguments.empty()) given.push_back({function.field("object"), arguments.back(), appends});
}

}  // namespace

FunctionGives given_in(const Node& function) {
  FunctionGives found;
  for (const Node& node : function.all()) {
    if (node.is("assignment")) {
      if (const Node right = last_right(node.field("right"))) found.given.push_back({node.field("left"), right});
    } else if (node.is("call")) {
      note_growth(node, found.given);
    } else if (node.is("for_statement") || node.is("for_in_clause")) {
      found.looped.push_back({node.field("left"), node.field("right")});
    }
  }
  return found;
}

}  // namespace portwright::source
