#include "inspect/reference_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "source/class_body.hpp"
#include "source/config_class.hpp"
#include "source/literal.hpp"
#include "source/model_types.hpp"

namespace portwright::inspect {
namespace {

namespace fs = std::filesystem;
using source::Definition;
using source::Node;
using source::SourceFile;
using source::SourceFiles;

constexpr std::string_view ignored_key = "_keys_to_ignore_on_load_unexpected";
constexpr std::string_view missing_key = "_keys_to_ignore_on_load_missing";

std::string line_of(const SourceFile& file, const Node& node) {
  return fmt::format("{}:{}", file.path.filename().string(), node.place().line);
}

ClassDefaults defaults_of(const source::ConfigClass& type) {
  ClassDefaults defaults;
  for (const source::ConfigField& field : type.fields) {
    if (field.constant) defaults.values[field.name] = *field.constant;
  }
  for (const auto& [name, value] : type.constants) defaults.values[name] = value;
  for (const auto& [name, own] : type.other_names) defaults.aliases[name] = own;
  return defaults;
}

// The class, its bases, and the classes of its own file that it names: what it may build.
std::vector<Definition> reached(SourceFiles& files, const Definition& type) {
  std::vector<Definition> found = source::class_and_bases(files, type);
  std::set<std::string> seen;
  for (const Definition& one : found) seen.insert(one.name());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Definition one = found[i];
    for (const Node& name : one.node.field("body").all("identifier")) {
      const auto named = one.file->definitions.find(name.text());
      if (named == one.file->definitions.end() || !named->second.is("class_definition")) continue;
      if (seen.emplace(name.text()).second) found.push_back({one.file, named->second});
    }
  }
  return found;
}

// `NAME = …` in the class's body.
Node attribute_of(const Definition& type, std::string_view name) {
  for (Node statement : type.node.field("body").children()) {
    if (statement.is("expression_statement") && !statement.children().empty()) statement = statement.children().front();
    if (statement.is("assignment") && statement.field("left").text() == name) return statement.field("right");
  }
  return {};
}

void note_patterns(const Definition& type, std::string_view key, std::vector<NamePattern>& into) {
  const Node value = attribute_of(type, key);
  if (!value) return;
  for (const Node& string : value.all("string")) {
    const auto text = source::string_literal(string);
    if (text && std::ranges::find(into, *text, &NamePattern::text) == into.end()) {
      into.push_back({*text, line_of(*type.file, string)});
    }
  }
}

// Lines of methods that add to the patterns.
void note_computed(const Definition& type, std::vector<std::string>& into) {
  for (const Node& attribute : type.node.field("body").all("attribute")) {
    if (!source::is_own_attribute(attribute, ignored_key)) continue;
    const std::string line = line_of(*type.file, attribute);
    if (std::ranges::find(into, line) == into.end()) into.push_back(line);
  }
}

void read_model_class(SourceFiles& files, const Definition& type, ReferenceFacts& facts) {
  facts.class_name = type.name();
  facts.file = type.file->path.filename().string();
  for (const Definition& one : reached(files, type)) {
    note_patterns(one, ignored_key, facts.ignored);
    note_patterns(one, missing_key, facts.may_be_missing);
    note_computed(one, facts.computed);
  }
  for (const Definition& one : source::class_and_bases(files, type)) {
    const Node tied = attribute_of(one, "_tied_weights_keys");
    if (!tied) continue;
    if (const auto keys = source::literal(tied); keys && keys->is_object()) facts.tied = *keys;
    break;
  }
}

// Files are followed within a model's own folder only: its classes are written out there, and the large files that all
// models share take longer to read than all else.
struct Classes {
  Definition config;
  Definition model;  // may be nothing
};

bool is_a_name(std::string_view type) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !type.empty() && type.size() < 100 && type.find_first_not_of(letters) == std::string_view::npos;
}

Definition class_of_type(const SourceFile* file, std::string_view type) {
  if (file == nullptr) return {};
  for (const auto& [name, node] : file->definitions) {
    const Definition definition{file, node};
    if (!definition.is_class()) continue;
    const auto own = source::string_literal(attribute_of(definition, "model_type"));
    if (own && *own == type) return definition;
  }
  return {};
}

Definition class_named(const SourceFile* file, const std::string& name) {
  if (file == nullptr || !file->definitions.contains(name)) return {};
  const Definition definition{file, file->definitions.find(name)->second};
  return definition.is_class() ? definition : Definition{};
}

// Where nearly every type lies: in the folder and files of its own name.
Classes in_own_folder(SourceFiles& files, const fs::path& transformers, const std::string& type,
                      const std::string& class_name) {
  std::string name = type;
  std::ranges::replace(name, '-', '_');
  const fs::path folder = transformers / "models" / name;
  const Definition config = class_of_type(files.open(folder / ("configuration_" + name + ".py")), type);
  if (!config) return {};
  return {config, class_named(files.open(folder / ("modeling_" + name + ".py")), class_name)};
}

// By the tables of transformers, which are long.
Result<Classes> by_tables(SourceFiles& files, const fs::path& transformers, const std::string& type,
                          const std::string& class_name) {
  SourceFiles all({}, transformers);
  const auto reference = source::find_reference(all, type);
  if (!reference) return tl::unexpected(reference.error());
  const auto again = [&](const Definition& one) {
    return one ? class_named(files.open(one.file->path), one.name()) : Definition{};
  };
  Classes found{again(reference->config), again(reference->model)};
  if (found.model) {
    if (const Definition named = class_named(found.model.file, class_name)) found.model = named;
  }
  return found;
}

Result<Classes> classes_of(SourceFiles& files, const fs::path& transformers, const std::string& type,
                           const std::string& class_name) {
  if (type.empty()) return fail(Fault::input, "config.json names no model_type");
  if (!is_a_name(type)) return fail(Fault::input, "model_type is no name of a model type");
  Classes found = in_own_folder(files, transformers, type, class_name);
  if (found.config && (found.model || class_name.empty())) return found;
  auto listed = by_tables(files, transformers, type, class_name);
  if (listed) return listed;
  return found.config ? Result<Classes>(found) : listed;
}

// The base of all config classes that turn positions has a theta of its own; its file is searched, not parsed.
void add_common_theta(const fs::path& transformers, ClassDefaults& defaults) {
  if (!defaults.values.contains("rope_parameters") || defaults.values.contains("default_theta")) return;
  const auto text = read_file(transformers / "modeling_rope_utils.py");
  if (!text) return;
  constexpr std::string_view mark = "\n    default_theta = ";
  const std::size_t at = text->find(mark);
  if (at == std::string::npos) return;
  const std::string_view rest = std::string_view(*text).substr(at + mark.size(), 40);
  std::string digits(rest.substr(0, rest.find('\n')));
  std::erase(digits, '_');
  const Json number = Json::parse(digits, nullptr, /*allow_exceptions=*/false);
  if (number.is_number()) defaults.values["default_theta"] = number;
}

// Of the text part of a model that has others too.
ClassDefaults text_defaults(SourceFiles& files, const fs::path& transformers, const source::ConfigClass& whole,
                            const TextPart& text) {
  const auto within = whole.within.find(text.path.substr(text.path.rfind('.') + 1));
  std::string type = string_member(*text.config, "model_type");
  if (within != whole.within.end()) {
    const Definition named = class_named(whole.definition.file, within->second.class_name);
    if (named) return defaults_of(source::read_config_class(files, named));
    if (type.empty()) type = within->second.model_type;
  }
  if (const Definition beside = class_of_type(whole.definition.file, type)) {
    return defaults_of(source::read_config_class(files, beside));
  }
  const auto other = classes_of(files, transformers, type, "");
  return other && other->config ? defaults_of(source::read_config_class(files, other->config)) : ClassDefaults{};
}

std::string class_name_in(const Json& config) {
  const Json* names = member(config, "architectures");
  const bool named = names != nullptr && names->is_array() && !names->empty() && names->front().is_string();
  return named ? names->front().get<std::string>() : "";
}

}  // namespace

ReferenceFacts reference_facts(const fs::path& transformers, const Json& config) {
  ReferenceFacts facts;
  if (transformers.empty()) {
    facts.absent = "no transformers was found";
    return facts;
  }
  SourceFiles files({});
  const auto classes = classes_of(files, transformers, string_member(config, "model_type"), class_name_in(config));
  if (!classes) {
    facts.absent = classes.error().sentence;
    return facts;
  }
  if (classes->model) read_model_class(files, classes->model, facts);
  const source::ConfigClass whole = source::read_config_class(files, classes->config);
  const TextPart text = text_part(config);
  if (text.is_nested()) {
    facts.whole = defaults_of(whole);
    facts.text = text_defaults(files, transformers, whole, text);
  } else {
    facts.text = defaults_of(whole);
  }
  add_common_theta(transformers, facts.text);
  return facts;
}

}  // namespace portwright::inspect
