#include "source/class_body.hpp"

#include <algorithm>

namespace portwright::source {
namespace {

constexpr int most_bases = 16;

void collect_bases(SourceFiles& files, const Definition& type, std::vector<Definition>& found) {
  if (!type.is_class() || found.size() > most_bases) return;
  if (std::ranges::any_of(found, [&](const Definition& known) { return known.node == type.node; })) return;
  found.push_back(type);
  for (const Node& base : type.node.field("superclasses").children()) {
    if (const Definition definition = files.definition(*type.file, base.text())) {
      collect_bases(files, definition, found);
    }
  }
}

// `a = b = X()` gives X() to both.
Node last_right(Node right) {
  while (right.is("assignment")) right = right.field("right");
  return right;
}

// Everything a function gives to what `is_target` knows, in the order of the text.
template <class IsTarget>
std::vector<Expression> given_in(const Expression& in, IsTarget is_target) {
  std::vector<Expression> found;
  for (const Node& node : in.function.all()) {
    if (node.is("assignment") && is_target(node.field("left"))) {
      if (const Node right = last_right(node.field("right"))) found.push_back({right, in.file, in.owner, in.function});
    }
    if (!node.is("call") || !node.field("function").is("attribute")) continue;
    const std::string_view verb = node.field("function").field("attribute").text();
    const bool appends = verb == "append" || verb == "insert";
    if ((!appends && verb != "extend") || !is_target(node.field("function").field("object"))) continue;
    const std::vector<Node> arguments = node.field("arguments").children();
    if (!arguments.empty()) found.push_back({arguments.back(), in.file, in.owner, in.function, appends});
  }
  return found;
}

}  // namespace

std::vector<Definition> class_and_bases(SourceFiles& files, const Definition& type) {
  std::vector<Definition> found;
  if (type) collect_bases(files, type, found);
  return found;
}

std::vector<Node> methods_of(const Definition& type) {
  std::vector<Node> methods;
  for (Node statement : type.node.field("body").children()) {
    if (statement.is("decorated_definition")) statement = statement.field("definition");
    if (statement.is("function_definition")) methods.push_back(statement);
  }
  return methods;
}

Method method_of(SourceFiles& files, const Definition& type, std::string_view name) {
  for (const Definition& known : class_and_bases(files, type)) {
    for (const Node& method : methods_of(known)) {
      if (method.field("name").text() == name) return {known.file, method};
    }
  }
  return {};
}

bool is_own_attribute(const Node& node, std::string_view name) {
  return node.is("attribute") && node.field("object").text() == "self" && node.field("attribute").text() == name;
}

std::vector<Expression> values_of(SourceFiles& files, const Definition& type, std::string_view name) {
  for (const Definition& known : class_and_bases(files, type)) {
    std::vector<Expression> found;
    for (const Node& method : methods_of(known)) {
      const Expression in{{}, known.file, type, method};
      auto given = given_in(in, [&](const Node& target) { return is_own_attribute(target, name); });
      std::ranges::move(given, std::back_inserter(found));
    }
    if (!found.empty()) return found;
  }
  return {};
}

std::vector<Expression> values_of_variable(const Expression& in, std::string_view name) {
  if (in.function) {
    auto found = given_in(in, [&](const Node& target) { return target.is("identifier") && target.text() == name; });
    if (!found.empty()) return found;
  }
  const auto variable = in.file->variables.find(name);
  if (variable == in.file->variables.end()) return {};
  return {Expression{variable->second, in.file, {}, {}}};
}

}  // namespace portwright::source
