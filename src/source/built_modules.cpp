#include "source/built_modules.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace portwright::source {
namespace {

constexpr int most_steps = 8;  // functions that call each other end somewhere

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
  std::ranges::move(more, std::back_inserter(to));
}

std::optional<std::size_t> index_in(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Expression at_node(const Expression& where, const Node& node) {
  return {node, where.file, where.owner, where.function};
}

std::string_view last_part(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

std::string_view unquoted(std::string_view text) {
  const std::size_t begin = text.find_first_of("'\"");
  return begin == std::string_view::npos || text.size() < begin + 2 ? text
                                                                    : text.substr(begin + 1, text.size() - begin - 2);
}

bool is_list(const Node& node) { return node.is("list") || node.is("tuple") || node.is("argument_list"); }

bool is_name(const Node& node) { return node.is("identifier") || node.is("attribute"); }

// The values a function returns.
std::vector<Expression> returned(const Definition& function, const Definition& owner) {
  std::vector<Expression> found;
  for (const Node& statement : function.node.all("return_statement")) {
    for (const Node& value : statement.children()) found.push_back({value, function.file, owner, function.node});
  }
  return found;
}

}  // namespace

BuiltModules::Expressions BuiltModules::reduced(const Expression& expression) {
  Expressions found;
  std::vector<Node> seen;
  reduce(expression, seen, found);
  return found;
}

void BuiltModules::reduce(const Expression& expression, std::vector<Node>& seen, Expressions& found) {
  const Node& node = expression.node;
  if (!node || node.is("none") || std::ranges::find(seen, node) != seen.end()) return;
  seen.push_back(node);
  Expressions next;
  const auto follow = [&](const Node& part) { next.push_back(at_node(expression, part)); };
  if (node.is("parenthesized_expression") && !node.children().empty()) {
    follow(node.children().front());
  } else if (node.is("conditional_expression") && node.children().size() == 3) {
    follow(node.children().front());
    follow(node.children().back());
  } else if (node.is("boolean_operator")) {
    follow(node.field("left"));
    follow(node.field("right"));
  } else if (node.is("subscript")) {  // of a table of classes
    for (const Expression& table : reduced(at_node(expression, node.field("value")))) {
      if (table.node.is("dictionary")) append(next, elements(table, unquoted(node.field("subscript").text()), 1));
    }
  } else if (node.is("identifier")) {
    next = values_of_variable(files_, expression, node.text());
  } else if (node.is("attribute") && node.field("object").text() == "self" && expression.owner) {
    next = values_of(files_, expression.owner, node.field("attribute").text());
  }
  if (next.empty()) found.push_back(expression);
  for (Expression& step : next) {
    step.appended = step.appended || expression.appended;
    reduce(step, seen, found);
  }
}

BuiltModules::Expressions BuiltModules::elements(const Expression& list, std::string_view index, int depth) {
  Expressions found;
  if (depth > most_steps) return found;
  for (const Expression& one : reduced(list)) {
    const Node& node = one.node;
    const std::vector<Node> parts = node.children();
    if (one.appended) {
      found.push_back(one);
    } else if (is_list(node)) {
      const auto number = index_in(index);
      const bool counted = number && *number < parts.size() &&
                           std::ranges::none_of(parts, [](const Node& part) { return part.is("list_splat"); });
      if (counted) {
        found.push_back(at_node(one, parts[*number]));
      } else {
        for (const Node& part : parts) {
          if (part.is("list_splat") && !part.children().empty()) {
            append(found, elements(at_node(one, part.children().front()), index, depth + 1));
          } else {
            found.push_back(at_node(one, part));
          }
        }
      }
    } else if (node.is("list_comprehension") || node.is("generator_expression")) {
      found.push_back(at_node(one, node.field("body")));
    } else if (node.is("dictionary_comprehension")) {
      found.push_back(at_node(one, node.field("body").field("value")));
    } else if (node.is("dictionary")) {
      const auto has_key = [&](const Node& pair) { return unquoted(pair.field("key").text()) == index; };
      const bool known = std::ranges::any_of(parts, has_key);
      for (const Node& pair : parts) {
        if (!known || has_key(pair)) found.push_back(at_node(one, pair.field("value")));
      }
    } else if (node.is("binary_operator")) {  // [A()] + [B() for …], [A()] * n
      append(found, elements(at_node(one, node.field("left")), index, depth + 1));
      append(found, elements(at_node(one, node.field("right")), index, depth + 1));
    } else if (node.is("call")) {
      const std::string_view callee = node.field("function").text();
      const Definition function = files_.definition(*one.file, callee);
      if (callee == "list" || callee == "tuple") {
        for (const Node& part : node.field("arguments").children()) {
          append(found, elements(at_node(one, part), index, depth + 1));
        }
      } else if (function && !function.is_class()) {
        for (const Expression& value : returned(function, {})) append(found, elements(value, index, depth + 1));
      } else if (const Method method = is_own_attribute(node.field("function"), last_part(callee))
                                           ? method_of(files_, one.owner, last_part(callee))
                                           : Method{}) {
        for (const Expression& value : returned({method.file, method.node}, one.owner)) {
          append(found, elements(value, index, depth + 1));
        }
      }
    }
  }
  return found;
}

std::vector<Built> BuiltModules::called(const Expression& call, int depth) {
  const Node callee = call.node.field("function");
  const Built unknown{call, std::string(last_part(callee.text())), {}};
  Definition definition = files_.definition(*call.file, callee.text());
  Definition owner;
  if (!definition && is_own_attribute(callee, last_part(callee.text()))) {
    if (const Method method = method_of(files_, call.owner, last_part(callee.text()))) {
      definition = {method.file, method.node};
      owner = call.owner;
    }
  }
  if (definition.is_class()) return {{call, definition.name(), definition}};
  std::vector<Built> found;
  if (definition) {
    // A function that builds one of several: its classes, at the call.
    for (const Expression& value : returned(definition, owner)) append(found, instances(value, depth + 1));
    for (Built& built : found) built.call = call;
  } else {
    // A variable, an attribute or a table that holds classes.
    for (const Expression& type : reduced(at_node(call, callee))) {
      if (type.node == callee || !is_name(type.node)) continue;
      const Definition held = files_.definition(*type.file, type.node.text());
      if (held && !held.is_class()) continue;
      found.push_back({call, held ? held.name() : std::string(last_part(type.node.text())), held});
    }
    if (found.empty() && !is_name(callee)) return {{call, "", {}}};
  }
  if (found.empty()) found.push_back(unknown);
  return found;
}

std::vector<Built> BuiltModules::instances(const Expression& expression, int depth) {
  std::vector<Built> found;
  if (depth > most_steps) return found;
  for (const Expression& one : reduced(expression)) {
    if (one.node.is("call")) append(found, called(one, depth));
  }
  return found;
}

std::vector<Built> BuiltModules::of_class(std::vector<Built> built, std::string_view path) const {
  const auto known = classes_.find(path);
  if (known == classes_.end()) return built;
  const auto has_class = [&](const Built& one) { return one.type == known->second; };
  if (std::ranges::any_of(built, has_class)) std::erase_if(built, [&](const Built& one) { return !has_class(one); });
  return built;
}

BuiltModules::Expressions BuiltModules::children(const std::vector<Built>& parents, std::string_view name) {
  Expressions found;
  for (const Built& parent : parents) {
    if (parent.definition) {
      append(found, values_of(files_, parent.definition, name));
    } else if (parent.type == "Sequential" && name == "layers") {
      found.push_back(at_node(parent.call, parent.call.node.field("arguments")));
    }
  }
  return found;
}

std::vector<Built> BuiltModules::at(std::string_view path) {
  if (!root_.is_class()) return {};
  std::vector<Built> modules{{{root_.node, root_.file, root_, {}}, root_.name(), root_}};
  if (path.empty() || path == "(root)") return modules;
  Expressions values;  // of the attribute that was read last, where it is not yet known to be a module
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    Expressions found = children(modules, part);
    if (found.empty()) {
      for (const Expression& value : values) append(found, elements(value, part));
    }
    values = std::move(found);
    modules.clear();
    for (const Expression& value : values) append(modules, instances(value));
    modules = of_class(std::move(modules), path.substr(0, end));
    begin = end + 1;
  }
  return modules;
}

}  // namespace portwright::source
