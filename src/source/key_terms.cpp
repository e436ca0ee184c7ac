#include "source/key_terms.hpp"

#include <algorithm>
#include <array>

#include "source/literal.hpp"

namespace portwright::source {
namespace {

constexpr int deepest_expression = 40;
constexpr std::size_t most_meanings = 12;
constexpr std::size_t most_parts = 150;  // of what one name stands for

std::size_t size_of(const Term& term) {
  std::size_t size = 1;
  for (const Term& part : term.parts) size += size_of(part);
  return size;
}

bool is_in(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// One term for all that a name may be; unknown parts stay, because they make the whole undecided.
Term one_of(std::vector<Term> terms) {
  std::vector<Term> different;
  for (Term& term : terms) {
    std::vector<Term> parts = term.kind == Term::Kind::several ? std::move(term.parts) : std::vector{std::move(term)};
    for (Term& part : parts) {
      if (std::ranges::find(different, part) == different.end()) different.push_back(std::move(part));
    }
  }
  if (different.empty()) return {};
  if (different.size() > most_meanings) {
    different.resize(most_meanings - 1);
    different.emplace_back();
  }
  if (different.size() == 1) return different.front();
  return {Term::Kind::several, {}, {}, std::move(different)};
}

bool leads_to_config(const Term& term) {
  if (term.kind == Term::Kind::key) return true;
  if (term.kind == Term::Kind::choice) return leads_to_config(term.parts[1]) || leads_to_config(term.parts[2]);
  const bool is_either = term.kind == Term::Kind::several || (term.kind == Term::Kind::operation && term.name == "or");
  return is_either && std::ranges::any_of(term.parts, leads_to_config);
}

std::vector<Node> arguments_of(const Node& call) {
  std::vector<Node> arguments;
  for (const Node& argument : call.field("arguments").children()) {
    if (!argument.is("keyword_argument")) arguments.push_back(argument);
  }
  return arguments;
}

// `range(n)`
bool is_count(const Node& node) {
  return node.is("call") && node.field("function").text() == "range" && arguments_of(node).size() == 1;
}

std::string types_named(const Node& node) {
  std::string names;
  for (const Node& one : node.all("identifier")) names += " " + std::string(one.text());
  return names;
}

}  // namespace

bool is_config_name(std::string_view name) { return is_in(name, {"config", "args"}) || name.ends_with("_config"); }

std::vector<Parameter> parameters_of(const Node& function) {
  std::vector<Parameter> found;
  for (const Node& parameter : function.field("parameters").children()) {
    Node name = parameter.field("name");
    if (parameter.is("identifier")) name = parameter;
    if (parameter.is("typed_parameter") && !parameter.children().empty()) name = parameter.children().front();
    if (!name.is("identifier") || name.text() == "self" || name.text() == "cls") continue;
    found.push_back({std::string(name.text()), parameter.field("value")});
  }
  return found;
}

void KeyTerms::bind(const Node& function, const std::string& parameter, const Term& term) {
  auto& parameters = collected_[function.id()];
  const auto known = parameters.find(parameter);
  Term all = known == parameters.end() ? term : one_of({known->second, term});
  if (known != parameters.end() && known->second == all) return;
  parameters[parameter] = all;
  if (!is_first_round_) return;
  bound_[function.id()][parameter] = std::move(all);
  known_.clear();
}

void KeyTerms::bind_config(const Definition& type, const Term& term) { bind(type.node, "self", term); }

bool KeyTerms::learnt() {
  known_.clear();
  is_first_round_ = false;
  const bool is_new = collected_ != bound_;
  bound_ = std::exchange(collected_, {});
  return is_new;
}

Term KeyTerms::config_of(const Definition& type) {
  if (!type) return {};
  const Method init = method_of(files_, type, "__init__");
  if (!init) return {};
  for (const Parameter& parameter : parameters_of(init.node)) {
    const auto bound = bound_.find(init.node.id());
    if (bound == bound_.end()) break;
    const auto term = bound->second.find(parameter.name);
    if (term != bound->second.end() && is_config_name(parameter.name)) return term->second;
  }
  return {};
}

Term KeyTerms::parameter_term(const std::string& name, const Scope& scope) {
  if (scope.is_config && name == "kwargs") return own_attribute("", scope);
  const auto parameters = parameters_of(scope.function);
  if (std::ranges::find(parameters, name, &Parameter::name) == parameters.end()) return {};
  if (const auto function = bound_.find(scope.function.id()); function != bound_.end()) {
    if (const auto term = function->second.find(name); term != function->second.end()) return term->second;
  }
  // The parameters of an older config's __init__ are its keys.
  if (scope.is_config && scope.function.field("name").text() == "__init__") return own_attribute(name, scope);
  return name == "config" || name == "args" ? config_of(scope.owner) : Term{};
}

Term KeyTerms::variable_term(const std::string& name, const Scope& scope) {
  std::vector<Term> meanings;
  const auto parameters = parameters_of(scope.function);
  const bool is_parameter = std::ranges::find(parameters, name, &Parameter::name) != parameters.end();
  if (is_parameter || (scope.is_config && name == "kwargs")) meanings.push_back(parameter_term(name, scope));
  const Expression here{{}, scope.file, scope.owner, scope.function};
  bool is_given = false;
  for (const Expression& given : values_of_variable(files_, here, name)) {
    if (!given.function) continue;
    is_given = true;
    meanings.push_back(given.appended ? Term{} : of(given.node, scope));
  }
  if (!is_given && !is_parameter) {
    for (const auto& [target, list, appended] : files_.given(scope.function).looped) {
      if (target.text() != name) continue;
      const Term over = is_count(list) ? Term{} : of(list, scope);
      if (over.kind == Term::Kind::constant && over.constant.is_array()) {
        for (const Json& element : over.constant) meanings.push_back(Term::of_constant(element));
      } else {
        meanings.push_back(is_count(list) ? Term::counter() : part_of(over, "*"));
      }
    }
  }
  // `config = config.text_config` gives the parameter's name to something else, once and for all.
  const bool renamed = is_parameter && is_given && meanings.size() == 2 && is_config_name(name);
  if (renamed && leads_to_config(meanings.back())) return meanings.back();
  return one_of(std::move(meanings));
}

Term KeyTerms::name_term(const Node& identifier, const Scope& scope) {
  const std::string name(identifier.text());
  if (scope.is_config && name == "self") return own_attribute("", scope);
  if (!scope.function) {
    const auto variable = scope.file->variables.find(name);
    const auto value = variable == scope.file->variables.end() ? std::nullopt : literal(variable->second);
    return value ? Term::of_constant(*value) : Term{};
  }
  const Named key{scope.function.id(), name};
  if (std::ranges::find(active_, key) != active_.end()) {
    cut_ = true;
    return parameter_term(name, scope);
  }
  const std::pair<const void*, Named> remembered{scope.owner ? scope.owner.node.id() : nullptr, key};
  if (const auto known = known_.find(remembered); known != known_.end()) return known->second;

  const bool was_cut = std::exchange(cut_, false);
  active_.push_back(key);
  Term term = variable_term(name, scope);
  active_.pop_back();
  if (term.kind == Term::Kind::unknown) {
    if (const auto variable = scope.file->variables.find(name); variable != scope.file->variables.end()) {
      if (auto value = literal(variable->second)) term = Term::of_constant(std::move(*value));
    }
  }
  if (size_of(term) > most_parts) term = {};
  if (!cut_) known_[remembered] = term;
  cut_ = cut_ || was_cut;
  return term;
}

Term KeyTerms::given_attribute(const std::string& name, const Scope& scope) {
  std::vector<Term> meanings;
  for (const Expression& given : values_of(files_, scope.owner, name)) {
    meanings.push_back(given.appended ? Term{} : of(given.node, {given.file, scope.owner, given.function, false}));
  }
  if (meanings.empty() && is_config_name(name)) return config_of(scope.owner);
  return one_of(std::move(meanings));
}

Term KeyTerms::own_attribute(const std::string& name, const Scope& scope) {
  if (!scope.owner) return {};
  if (scope.is_config) {
    const auto bound = bound_.find(scope.owner.node.id());
    if (bound == bound_.end()) return {};
    return name.empty() ? bound->second.at("self") : part_of(bound->second.at("self"), name);
  }
  const Named key{scope.owner.node.id(), name};
  if (std::ranges::find(active_, key) != active_.end()) {
    cut_ = true;
    return {};
  }
  const std::pair<const void*, Named> remembered{nullptr, key};
  if (const auto known = known_.find(remembered); known != known_.end()) return known->second;
  const bool was_cut = std::exchange(cut_, false);
  active_.push_back(key);
  Term term = given_attribute(name, scope);
  active_.pop_back();
  if (size_of(term) > most_parts) term = {};
  if (!cut_) known_[remembered] = term;
  cut_ = cut_ || was_cut;
  return term;
}

// What a method puts into an empty dictionary of its class: `self.rope_type[layer_type] = params["rope_type"]`.
Term KeyTerms::put_into(const Node& dictionary, const Scope& scope) {
  std::vector<Term> meanings;
  if (!dictionary.is("attribute") || dictionary.field("object").text() != "self" || !scope.owner) return {};
  const Named key{scope.owner.node.id(), std::string(dictionary.text()) + "[]"};
  if (std::ranges::find(active_, key) != active_.end()) {
    cut_ = true;
    return {};
  }
  active_.push_back(key);
  for (const Definition& type : class_and_bases(files_, scope.owner)) {
    for (const Node& method : methods_of(type)) {
      for (const Node& assignment : method.all("assignment")) {
        const Node left = assignment.field("left");
        if (!left.is("subscript") || left.field("value").text() != dictionary.text()) continue;
        meanings.push_back(of(assignment.field("right"), {type.file, scope.owner, method, scope.is_config}));
      }
    }
  }
  active_.pop_back();
  return one_of(std::move(meanings));
}

// The class of a module that an attribute holds: of `self.model` in `self.model.args.logit_scale`.
Definition KeyTerms::built_in(const Node& object, const Scope& scope) {
  if (!object.is("attribute") || !scope.owner || scope.is_config) return {};
  const Node above = object.field("object");
  const Definition holder = above.text() == "self" ? scope.owner : built_in(above, scope);
  if (!holder) return {};
  for (const Expression& given : values_of(files_, holder, object.field("attribute").text())) {
    if (!given.node.is("call")) continue;
    const Definition type = files_.definition(*given.file, given.node.field("function").text());
    if (type.is_class()) return type;
  }
  return {};
}

Term KeyTerms::subscript(const Node& node, const Scope& scope) {
  const Term list = of(node.field("value"), scope);
  const Node index = node.field("subscript");
  if (list.kind == Term::Kind::constant && list.constant.is_object() && list.constant.empty()) {
    return put_into(node.field("value"), scope);
  }
  if (!leads_to_config(list) && list.kind != Term::Kind::constant) return {};
  if (index.is("slice")) return list;
  return key_named(list, index, scope, {});
}

// The part of a config whose name is an expression; of the config itself only where the text tells which.
Term KeyTerms::key_named(const Term& object, const Node& name, const Scope& scope,
                         const std::optional<Term>& fallback) {
  if (const auto text = string_literal(name)) return part_of(object, *text, fallback);
  const Term named = of(name, scope);
  const auto is_text = [](const Term& term) { return term.kind == Term::Kind::constant && term.constant.is_string(); };
  if (is_text(named)) return part_of(object, named.constant.get<std::string>(), fallback);
  if (named.kind == Term::Kind::several && std::ranges::all_of(named.parts, is_text)) {
    std::vector<Term> parts;
    for (const Term& part : named.parts) parts.push_back(part_of(object, part.constant.get<std::string>(), fallback));
    return one_of(std::move(parts));
  }
  const bool is_whole = object.kind == Term::Kind::key && (object.name.empty() || object.name.ends_with("_config"));
  return is_whole || object.kind == Term::Kind::constant ? Term{} : part_of(object, "*", fallback);
}

Term KeyTerms::comparison(const Node& node, const Scope& scope) {
  const std::vector<Node> operands = node.children();
  Term all;
  for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
    // Signs have no node of their own name: they stand between the operands.
    const char* begin = operands[i].text().data() + operands[i].text().size();
    const auto length = static_cast<std::size_t>(operands[i + 1].text().data() - begin);
    Term one = Term::of_operation(on_one_line({begin, length}), {of(operands[i], scope), of(operands[i + 1], scope)});
    all = i == 0 ? std::move(one) : Term::of_operation("and", {std::move(all), std::move(one)});
  }
  return all;
}

Term KeyTerms::method_term(const Node& call, const Scope& scope) {
  const Node function = call.field("function");
  const std::string_view method = function.field("attribute").text();
  const std::vector<Node> arguments = arguments_of(call);
  if (method == "from_dict" && arguments.size() == 1) return of(arguments.front(), scope);
  if (!is_in(method, {"get", "pop", "setdefault", "get_text_config", "copy", "to_dict", "deepcopy"})) return {};
  if (function.field("object").text() == "copy" && arguments.size() == 1) return of(arguments.front(), scope);
  const Term object = of(function.field("object"), scope);
  if (!leads_to_config(object) && object.kind != Term::Kind::constant) return {};
  if (method == "get_text_config") return one_of({object, part_of(object, "text_config")});
  if (method == "copy" || method == "to_dict") return object;
  if (arguments.empty()) return {};
  const Term fallback = arguments.size() > 1 ? of(arguments[1], scope) : Term::of_constant(Json());
  return key_named(object, arguments.front(), scope, fallback);
}

Term KeyTerms::call_term(const Node& call, const Scope& scope) {
  const Node function = call.field("function");
  if (function.is("attribute")) return method_term(call, scope);
  const std::vector<Node> arguments = arguments_of(call);
  if (!function.is("identifier") || arguments.empty()) return {};
  const std::string name(function.text());
  if ((name == "getattr" || name == "hasattr") && arguments.size() >= 2) {
    const Term object = of(arguments[0], scope);
    if (!leads_to_config(object)) return {};
    if (name == "hasattr") return Term::of_operation("has", {key_named(object, arguments[1], scope, {})});
    const auto fallback = arguments.size() > 2 ? std::optional(of(arguments[2], scope)) : std::nullopt;
    return key_named(object, arguments[1], scope, fallback);
  }
  if (name == "isinstance" && arguments.size() == 2) {
    return Term::of_operation("isinstance" + types_named(arguments[1]), {of(arguments[0], scope)});
  }
  if (is_in(name, {"float", "sorted", "set", "list", "tuple", "reversed", "deepcopy"})) return of(arguments[0], scope);
  if (is_in(name, {"len", "bool", "int", "str", "max", "min", "abs", "any", "all", "sum"})) {
    std::vector<Term> parts;
    for (const Node& argument : arguments) parts.push_back(of(argument, scope));
    return Term::of_operation(name, std::move(parts));
  }
  // `ModelArgs(**config.text_config)`
  const bool is_spread = arguments.size() == 1 && arguments.front().is("dictionary_splat");
  if (is_spread && !arguments.front().children().empty() && files_.definition(*scope.file, name).is_class()) {
    return of(arguments.front().children().front(), scope);
  }
  return {};
}

Term KeyTerms::of(const Node& node, const Scope& scope) {
  if (!node || scope.file == nullptr) return {};
  if (depth_ > deepest_expression) {
    cut_ = true;
    return {};
  }
  ++depth_;
  struct Up {
    int& depth;
    ~Up() { --depth; }
  } const up{depth_};
  const auto parts = [&] { return node.children(); };
  if (node.is("identifier")) return name_term(node, scope);
  if (node.is("attribute")) {
    const std::string name(node.field("attribute").text());
    if (node.field("object").text() == "self" && scope.owner) return own_attribute(name, scope);
    if (const Definition type = built_in(node.field("object"), scope))
      return own_attribute(name, {type.file, type, {}});
    const Term object = of(node.field("object"), scope);
    return leads_to_config(object) ? part_of(object, name) : Term{};
  }
  if (node.is("subscript")) return subscript(node, scope);
  if (node.is("call")) return call_term(node, scope);
  if (node.is("parenthesized_expression") && parts().size() == 1) return of(parts().front(), scope);
  if (node.is("named_expression")) return of(node.field("value"), scope);
  if (node.is("comparison_operator")) return comparison(node, scope);
  if (node.is("not_operator")) return Term::of_operation("not", {of(node.field("argument"), scope)});
  if (node.is("conditional_expression") && parts().size() == 3) {
    const auto all = parts();
    return {Term::Kind::choice, {}, {}, {of(all[1], scope), of(all[0], scope), of(all[2], scope)}};
  }
  if (node.is("list_comprehension") && parts().size() == 2 && is_count(parts()[1].field("right"))) {
    const Node count = arguments_of(parts()[1].field("right")).front();
    return Term::of_operation("each", {of(node.field("body"), scope), of(count, scope)});
  }
  if (auto value = literal(node)) return Term::of_constant(std::move(*value));
  if (node.is("boolean_operator") || node.is("binary_operator")) {
    return Term::of_operation(std::string(node.field("operator").text()),
                              {of(node.field("left"), scope), of(node.field("right"), scope)});
  }
  if (node.is("unary_operator") && node.text().starts_with('-')) {
    return Term::of_operation("-", {Term::of_constant(0), of(node.field("argument"), scope)});
  }
  return {};
}

}  // namespace portwright::source
