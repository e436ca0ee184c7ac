#include "source/config_class.hpp"

#include <algorithm>
#include <array>

#include "source/class_body.hpp"
#include "source/literal.hpp"

namespace portwright::source {
namespace {

std::string last_name(std::string_view dotted) { return std::string(dotted.substr(dotted.rfind('.') + 1)); }

Line line_at(const SourceFile& file, const Node& node) { return {file.path, node.place().line}; }

Node keyword_argument(const Node& call, std::string_view name) {
  for (const Node& argument : call.field("arguments").children()) {
    if (argument.is("keyword_argument") && argument.field("name").text() == name) return argument.field("value");
  }
  return {};
}

// `field(default=1)`, `field(default_factory=lambda: [1])`, `interval(min=0)(default=1)`: what the field is given.
Node default_in(const Node& value) {
  if (!value.is("call")) return value;
  if (const Node given = keyword_argument(value, "default")) return given;
  const Node factory = keyword_argument(value, "default_factory");
  if (factory.is("lambda")) return factory.field("body");
  return factory ? factory : value;
}

void set_default(ConfigField& field, const Node& value) {
  const Node given = default_in(value);
  field.constant = literal(given);
  field.expression = on_one_line(given.text());
  if (given.is("identifier") && (given.text() == "dict" || given.text() == "list")) {  // default_factory=dict
    field.constant = given.text() == "dict" ? Json::object() : Json::array();
  }
  field.required = value.is("call") && given == value && value.field("function").text() == "field";
  if (field.required) field.expression.clear();
}

bool has_field(const ConfigClass& known, std::string_view name) { return known.field(name) != nullptr; }

void add_sub_configs(const Node& dictionary, ConfigClass& found) {
  for (const Node& pair : dictionary.children()) {
    const auto key = string_literal(pair.field("key"));
    if (!key || found.within.contains(*key)) continue;
    const Node value = pair.field("value");
    ConfigClass::Within within{last_name(value.text()), {}};
    if (value.is("call")) {
      within.class_name = last_name(keyword_argument(value, "config_class").text());
      within.model_type = string_literal(keyword_argument(value, "model_type")).value_or("");
    }
    if (within.class_name == "AutoConfig") within.class_name.clear();
    found.within[*key] = within;
  }
}

// `NAME = value` in the body of a class.
void note_constant(const std::string& name, const Node& value, ConfigClass& found) {
  const auto constant = literal(value);
  if (name == "model_type" && found.model_type.empty() && constant && constant->is_string()) {
    found.model_type = constant->get<std::string>();
  } else if (name == "attribute_map" && constant && constant->is_object()) {
    for (const auto& [other, key] : constant->items()) {
      if (key.is_string()) found.other_names.emplace(other, key.get<std::string>());
    }
  } else if ((name == "sub_configs_defaults" || name == "sub_configs") && value.is("dictionary")) {
    add_sub_configs(value, found);
  } else if (constant) {
    found.constants.emplace(name, *constant);
  }
}

void note_body(const Definition& type, ConfigClass& found) {
  for (const Node& statement : type.node.field("body").children()) {
    if (statement.is("decorated_definition")) {
      const Node method = statement.field("definition");
      const auto decorators = statement.all("decorator");
      const bool is_property = std::ranges::any_of(decorators, [](const Node& d) { return d.text() == "@property"; });
      if (is_property) found.properties.emplace_back(method.field("name").text());
    }
    if (!statement.is("expression_statement") || statement.children().empty()) continue;
    const Node assignment = statement.children().front();
    if (!assignment.is("assignment") || !assignment.field("left").is("identifier")) continue;
    const std::string name(assignment.field("left").text());
    const Node annotation = assignment.field("type");
    const Node value = assignment.field("right");
    if (!annotation || annotation.text().starts_with("ClassVar")) {
      if (value) note_constant(name, value, found);
      continue;
    }
    if (has_field(found, name)) continue;
    ConfigField field{name, !value, {}, {}, line_at(*type.file, assignment), {}};
    if (value) set_default(field, value);
    found.fields.push_back(std::move(field));
  }
}

// The parameters of an older config's __init__ are its fields.
void note_parameters(const Definition& type, const Node& init, ConfigClass& found) {
  for (const Node& parameter : init.field("parameters").children()) {
    if (!parameter.is("default_parameter") && !parameter.is("typed_default_parameter")) continue;
    const std::string name(parameter.field("name").text());
    if (has_field(found, name)) continue;
    ConfigField field{name, false, {}, {}, line_at(*type.file, parameter), {}};
    set_default(field, parameter.field("value"));
    found.fields.push_back(std::move(field));
  }
}

// `self.NAME = …`, where NAME is a field that is given more than the parameter of its own name.
void note_computed(const Definition& type, const Node& method, ConfigClass& found) {
  for (const Node& assignment : method.all("assignment")) {
    const Node left = assignment.field("left");
    const Node right = assignment.field("right");
    if (!left.is("attribute") || left.field("object").text() != "self" || !right) continue;
    const std::string name(left.field("attribute").text());
    const auto field = std::ranges::find(found.fields, name, &ConfigField::name);
    if (field == found.fields.end() || field->computed || right.text() == name) continue;
    field->computed = Computed{on_one_line(right.text()), line_at(*type.file, assignment)};
  }
}

// "rope_parameters.full_attention" for `self.rope_parameters["full_attention"]`; empty for what begins elsewhere.
std::string own_path(const Node& node, int depth = 0) {
  if (depth > 8) return "";
  if (node.is("attribute")) {
    const std::string name(node.field("attribute").text());
    if (node.field("object").text() == "self") return name;
    const std::string before = own_path(node.field("object"), depth + 1);
    return before.empty() ? "" : before + "." + name;
  }
  if (!node.is("subscript")) return "";
  const auto name = string_literal(node.field("subscript"));
  const std::string before = own_path(node.field("value"), depth + 1);
  return name && !before.empty() ? before + "." + *name : "";
}

// A constant, or one of the class: `self.default_theta["global"]`.
std::optional<Json> constant_of(const Node& node, const ConfigClass& config) {
  if (auto value = literal(node)) return value;
  const std::string path = own_path(node);
  const std::size_t dot = path.find('.');
  const auto known = config.constants.find(path.substr(0, dot));
  if (path.empty() || known == config.constants.end()) return std::nullopt;
  if (dot == std::string::npos) return known->second;
  const std::string rest = path.substr(dot + 1);
  if (!known->second.is_object() || !known->second.contains(rest)) return std::nullopt;
  return known->second.at(rest);
}

std::string called_method(const Node& call) {
  const Node function = call.field("function");
  return function.is("attribute") ? std::string(function.field("attribute").text()) : "";
}

void note_moved(const Definition& type, const Node& method, ConfigClass& found) {
  for (const Node& call : method.all("call")) {
    const std::string verb = called_method(call);
    const std::vector<Node> arguments = call.field("arguments").children();
    const std::string object = own_path(call.field("function").field("object"));
    if (verb == "update" && arguments.size() == 1 && arguments[0].is("identifier") && !object.empty()) {
      found.moved.push_back({std::string(arguments[0].text()), object, {}, line_at(*type.file, call)});
    }
    if (verb != "setdefault" || arguments.size() != 2 || object.empty()) continue;
    const auto key = string_literal(arguments[0]);
    const std::string inner = called_method(arguments[1]);
    if (!key || (inner != "pop" && inner != "get")) continue;
    const std::vector<Node> given = arguments[1].field("arguments").children();
    const auto from = given.empty() ? std::nullopt : string_literal(given[0]);
    if (!from) continue;
    found.moved.push_back({*from, object + "." + *key, given.size() > 1 ? constant_of(given[1], found) : std::nullopt,
                           line_at(*type.file, call)});
  }
}

}  // namespace

const ConfigField* ConfigClass::field(std::string_view key) const {
  const auto found = std::ranges::find(fields, key, &ConfigField::name);
  return found == fields.end() ? nullptr : &*found;
}

ConfigClass read_config_class(SourceFiles& files, const Definition& type) {
  ConfigClass found;
  if (!type.is_class()) return found;
  found.definition = type;
  found.name = type.name();
  const std::vector<Definition> classes = class_and_bases(files, type);
  for (const Definition& one : classes) {
    note_body(one, found);
    for (const Node& method : methods_of(one)) {
      if (method.field("name").text() == "__init__") note_parameters(one, method, found);
    }
  }
  for (const Definition& one : classes) {
    // What the base of all configs does to every key is no default of this one.
    if (one.file->path.parent_path() == files.package()) continue;
    for (const Node& method : methods_of(one)) {
      const std::string_view name = method.field("name").text();
      if (name == "__post_init__" || name == "__init__") note_computed(one, method, found);
      if (name != "convert_rope_params_to_dict" || !found.moves_rope_keys) continue;
      note_moved(one, method, found);
      found.moves_rope_keys = method.text().find("super().convert_rope_params_to_dict") != std::string_view::npos;
    }
  }
  return found;
}

}  // namespace portwright::source
