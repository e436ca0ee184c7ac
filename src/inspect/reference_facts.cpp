#include "inspect/reference_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "source/class_body.hpp"
#include "source/config_class.hpp"
#include "source/literal.hpp"
#include "source/model_types.hpp"

namespace portwright::inspect {
namespace {

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

// The model class that config.json names, where the reference's file has it.
Definition model_class(SourceFiles& files, const source::Reference& reference, const Json& config) {
  const Json* names = member(config, "architectures");
  if (names != nullptr && names->is_array() && !names->empty() && names->front().is_string() && reference.model) {
    const Definition named = files.definition(*reference.model.file, names->front().get<std::string>());
    if (named.is_class()) return named;
  }
  return reference.model;
}

}  // namespace

ReferenceFacts reference_facts(const std::filesystem::path& transformers, const Json& config) {
  ReferenceFacts facts;
  if (transformers.empty()) {
    facts.absent = "no transformers was found";
    return facts;
  }
  SourceFiles files({}, transformers);
  const std::string type = string_member(config, "model_type");
  const auto reference = source::find_reference(files, type);
  if (!reference) {
    facts.absent = type.empty() ? "config.json names no model_type" : reference.error().sentence;
    return facts;
  }
  if (const Definition model = model_class(files, *reference, config)) read_model_class(files, model, facts);
  const source::ConfigClass whole = source::read_config_class(files, reference->config);
  const TextPart text = text_part(config);
  if (!text.is_nested()) {
    facts.text = defaults_of(whole);
    return facts;
  }
  facts.whole = defaults_of(whole);
  std::string text_type = string_member(*text.config, "model_type");
  const auto within = whole.within.find(text.path.substr(text.path.rfind('.') + 1));
  if (within != whole.within.end()) {
    if (text_type.empty()) text_type = within->second.model_type;
    if (const Definition named = files.definition(*reference->config.file, within->second.class_name)) {
      facts.text = defaults_of(source::read_config_class(files, named));
      return facts;
    }
  }
  if (const auto other = source::find_reference(files, text_type)) {
    facts.text = defaults_of(source::read_config_class(files, other->config));
  }
  return facts;
}

}  // namespace portwright::inspect
