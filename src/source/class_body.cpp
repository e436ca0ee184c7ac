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

template <class IsTarget>
std::vector<Expression> given_in(SourceFiles& files, const Expression& in, IsTarget is_target) {
  std::vector<Expression> found;
  for (const Given& given : files.given(in.function).given) {
    if (is_target(given.target)) found.push_back({given.value, in.file, in.owner, in.function, given.appended});
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
      auto given = given_in(files, in, [&](const Node& target) { return is_own_attribute(target, name); });
      std::ranges::move(given, std::back_inserter(found));
    }
    if (!found.empty()) return found;
  }
  return {};
}

std::vector<Expression> values_of_variable(SourceFiles& files, const Expression& in, std::string_view name) {
  if (in.function) {
    auto found =
        given_in(files, in, [&](const Node& target) { return target.is("identifier") && target.text() == name; });
    if (!found.empty()) return found;
  }
  const auto variable = in.file->variables.find(name);
  if (variable == in.file->variables.end()) return {};
  return {Expression{variable->second, in.file, {}, {}}};
}

}  // namespace portwright::source
