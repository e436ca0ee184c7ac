#include "source/code_units.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "source/literal.hpp"

namespace portwright::source {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_units = 20'000;
constexpr int most_indirections = 4;

// Methods that decide nothing of what a model computes.
bool is_left_out(std::string_view method) {
  constexpr std::array names{
      "_init_weights", "extra_repr",           "prepare_inputs_for_generation", "to_dict",
      "__repr__",      "get_input_embeddings", "set_input_embeddings",          "resize_token_embeddings"};
  return std::ranges::find(names, method) != names.end() || method.starts_with("validate");
}

std::vector<Guard> common(const std::vector<Guard>& a, const std::vector<Guard>& b) {
  std::vector<Guard> both;
  std::ranges::copy_if(a, std::back_inserter(both),
                       [&](const Guard& guard) { return std::ranges::find(b, guard) != b.end(); });
  return both;
}

std::vector<Guard> joined(std::vector<Guard> guards, const std::vector<Guard>& more) {
  for (const Guard& guard : more) {
    if (std::ranges::find(guards, guard) == guards.end()) guards.push_back(guard);
  }
  return guards;
}

}  // namespace

bool CodeUnits::is_model_code(const SourceFile& file) const {
  const fs::path& package = files_.package();
  if (package.empty()) return true;
  const fs::path below = file.path.lexically_relative(package.lexically_normal());
  if (below.empty() || *below.begin() == "..") return true;
  if (*below.begin() == "models") return below.string().find("models/auto/") == std::string::npos;
  return below == "modeling_rope_utils.py" || below == "masking_utils.py";
}

bool CodeUnits::is_base_of_all(const SourceFile& file) const {
  return !files_.package().empty() && file.path.parent_path() == files_.package().lexically_normal();
}

void CodeUnits::begin(const std::vector<ConfigRoot>& roots) {
  units_.clear();
  known_.clear();
  made_.clear();
  before_ = std::exchange(when_, {});
  next_ = 0;
  for (const ConfigRoot& root : roots) {
    const Term config = Term::of_key(root.key);
    if (root.config) {
      enter_config(root.config, config, {});
    }
    const Method init = root.model ? method_of(files_, root.model, "__init__") : Method{};
    if (!init) continue;
    const auto parameters = parameters_of(init.node);
    if (!parameters.empty()) terms_.bind(init.node, parameters.front().name, config);
    enter_class(root.model, {});
  }
}

const CodeUnit* CodeUnits::next() { return next_ < units_.size() ? &units_[next_++] : nullptr; }

void CodeUnits::enter(const Scope& scope, const std::vector<Guard>& when) {
  const std::pair<const void*, const void*> key{scope.function.id(), scope.owner ? scope.owner.node.id() : nullptr};
  const auto [now, is_new] = when_.try_emplace(key, when);
  if (!is_new) now->second = common(now->second, when);
  if (const auto known = known_.find(key); known != known_.end()) return;
  if (units_.size() >= most_units) return;
  const auto before = before_.find(key);
  known_.insert(key);
  units_.push_back({scope, before == before_.end() ? now->second : before->second});
}

void CodeUnits::enter_class(const Definition& type, const std::vector<Guard>& when) {
  if (!type.is_class() || !is_model_code(*type.file)) return;
  for (const Definition& one : class_and_bases(files_, type)) {
    if (!is_model_code(*one.file)) continue;
    for (const Node& method : methods_of(one)) {
      if (!is_left_out(method.field("name").text())) enter({one.file, type, method, false}, when);
    }
  }
}

void CodeUnits::enter_config(const Definition& type, const Term& config, const std::vector<Guard>& when) {
  terms_.bind_config(type, config);
  if (config.kind == Term::Kind::key) made_.push_back({type, config.name});
  for (const Definition& one : class_and_bases(files_, type)) {
    // What the base of all configs does with every key says nothing of this one.
    if (!is_model_code(*one.file) || is_base_of_all(*one.file)) continue;
    for (const Node& method : methods_of(one)) {
      if (is_left_out(method.field("name").text())) continue;
      // The bases' methods ask the same config.
      enter({one.file, type, method, true}, when);
    }
  }
}

Table CodeUnits::table(const Node& name, const Scope& scope) {
  Variable variable = files_.variable(*scope.file, name.text());
  // `ACT2FN = ClassInstantier(ACT2CLS)`
  if (variable && variable.node.is("call") && variable.node.field("arguments").children().size() == 1) {
    variable = files_.variable(*variable.file, variable.node.field("arguments").children().front().text());
  }
  if (!variable || !variable.node.is("dictionary")) return {};
  Table found{variable.file, {}};
  for (const Node& pair : variable.node.children()) {
    if (const auto key = string_literal(pair.field("key"))) found.entries.emplace(*key, pair.field("value"));
  }
  return found;
}

std::vector<CodeUnits::Callee> CodeUnits::picked(const Node& subscript, const Scope& scope) {
  std::vector<Callee> found;
  const Table entries = table(subscript.field("value"), scope);
  const Term index = entries ? terms_.of(subscript.field("subscript"), scope) : Term{};
  for (const auto& [value, entry] : entries.entries) {
    const Definition definition = files_.definition(*entries.file, entry.text());
    if (!definition) continue;
    const Term is_it = Term::of_operation("==", {index, Term::of_constant(value)});
    found.push_back({definition, {}, keys_of(index).empty() ? std::vector<Guard>{} : std::vector{Guard{is_it, true}}});
  }
  return found;
}

std::vector<CodeUnits::Callee> CodeUnits::callees(const Node& function, const Scope& scope, int depth) {
  if (depth > most_indirections) return {};
  if (function.is("subscript")) return picked(function, scope);
  if (const Definition definition = files_.definition(*scope.file, function.text())) return {{definition, {}, {}}};
  if (function.is("attribute")) {
    const Node object = function.field("object");
    const std::string_view name = function.field("attribute").text();
    Definition owner = scope.owner;
    if (object.text() == "super()" && owner) {
      // The next class after the one this method is written in.
      const auto classes = class_and_bases(files_, owner);
      bool is_after = false;
      for (const Definition& one : classes) {
        for (const Node& method : methods_of(one)) {
          if (is_after && method.field("name").text() == name) return {{{one.file, method}, owner, {}}};
        }
        const auto methods = methods_of(one);
        is_after = is_after || std::ranges::find(methods, scope.function) != methods.end();
      }
      return {};
    }
    if (object.text() == "self" && owner) {
      if (const Method method = method_of(files_, owner, name)) return {{{method.file, method.node}, owner, {}}};
    }
    // `Model._from_config(config)`, `Model.static(config)`
    owner = files_.definition(*scope.file, object.text());
    if (owner.is_class()) {
      if (name == "from_dict") return {{owner, {}, {}}};
      if (const Method method = method_of(files_, owner, name)) return {{{method.file, method.node}, owner, {}}};
      return {{owner, {}, {}}};
    }
  }
  std::vector<Callee> found;
  const auto add = [&](const Node& node, const Scope& there) {
    for (Callee& callee : callees(node, there, depth + 1)) found.push_back(std::move(callee));
  };
  const Expression here{function, scope.file, scope.owner, scope.function};
  std::vector<Expression> values;
  if (function.is("identifier")) values = values_of_variable(files_, here, function.text());
  if (function.is("attribute") && function.field("object").text() == "self" && scope.owner) {
    values = values_of(files_, scope.owner, function.field("attribute").text());
  }
  for (const Expression& value : values) {
    const Scope there{value.file, scope.owner, value.function, scope.is_config};
    // What a value mentions may be what is called: a choice of two, an argument of `get_interface(…, eager)`.
    if (value.node.is("call")) {
      for (const Node& argument : value.node.field("arguments").children()) {
        if (argument.is("identifier") && argument != function) add(argument, there);
      }
    } else if (value.node.is("conditional_expression") && value.node.children().size() == 3) {
      add(value.node.children().front(), there);
      add(value.node.children().back(), there);
    } else if (value.node != function) {
      add(value.node, there);
    }
  }
  return found;
}

void CodeUnits::bind_arguments(const Node& call, const Scope& scope, const Node& function) {
  const std::vector<Parameter> parameters = parameters_of(function);
  std::set<std::string, std::less<>> given;
  bool is_spread = false;
  std::size_t position = 0;
  for (const Node& argument : call.field("arguments").children()) {
    if (argument.is("keyword_argument")) {
      const std::string name(argument.field("name").text());
      if (std::ranges::find(parameters, name, &Parameter::name) == parameters.end()) continue;
      terms_.bind(function, name, terms_.of(argument.field("value"), scope));
      given.insert(name);
    } else if (argument.is("list_splat") || argument.is("dictionary_splat")) {
      is_spread = true;
    } else if (position < parameters.size()) {
      terms_.bind(function, parameters[position].name, terms_.of(argument, scope));
      given.insert(parameters[position].name);
      ++position;
    }
  }
  for (const Parameter& parameter : parameters) {
    if (given.contains(parameter.name) || !parameter.fallback) continue;
    const auto value = literal(parameter.fallback);
    terms_.bind(function, parameter.name, is_spread || !value ? Term{} : Term::of_constant(*value));
  }
}

void CodeUnits::note_call(const Node& call, const CodeUnit& by, const std::vector<Guard>& when) {
  for (const Callee& callee : callees(call.field("function"), by.scope)) {
    const Definition& called = callee.definition;
    if (!is_model_code(*called.file)) continue;
    const std::vector<Guard> guards = joined(when, callee.when);
    if (!called.is_class()) {
      const bool is_method = static_cast<bool>(callee.owner);
      const bool is_config = by.scope.is_config && is_method && callee.owner.node == by.scope.owner.node;
      if (is_config && is_base_of_all(*called.file)) continue;
      bind_arguments(call, by.scope, called.node);
      if (!is_left_out(called.name())) enter({called.file, callee.owner, called.node, is_config}, guards);
      continue;
    }
    const Method init = method_of(files_, called, "__init__");
    if (init) bind_arguments(call, by.scope, init.node);
    // The class of a config within the config: its own code reads keys, too.
    const bool is_config = !init && (called.name().ends_with("Args") || called.name().ends_with("Config"));
    if (!is_config) {
      enter_class(called, guards);
    } else if (const Term config = terms_.of(call, by.scope); !keys_of(config).empty()) {
      enter_config(called, config, guards);
    }
  }
}

}  // namespace portwright::source
