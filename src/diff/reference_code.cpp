#include "diff/reference_code.hpp"

#include <algorithm>
#include <optional>

#include "diff/key_group.hpp"
#include "source/literal.hpp"
#include "source/model_types.hpp"

namespace portwright::diff {
namespace {

using source::ConfigClass;
using source::ConfigRoot;
using source::Reference;
using source::SourceFiles;

constexpr int deepest_level = 3;

std::string text_at(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The reference of a config within another: by the class the outer one names, else by the type that it says itself.
std::optional<Reference> reference_within(SourceFiles& files, const ConfigClass& outer,
                                          const ConfigClass::Within& within, const Json& config) {
  std::string type = text_at(config, "model_type");
  source::Definition named;
  if (!within.class_name.empty()) {
    named = files.definition(*outer.definition.file, within.class_name);
    if (named) type = source::read_config_class(files, named).model_type;
  }
  if (type.empty()) type = within.model_type;
  if (type.empty()) return std::nullopt;
  auto found = source::find_reference(files, type);
  if (!found) {
    if (!named) return std::nullopt;
    return Reference{type, named, {}, {}};
  }
  if (named) found->config = named;
  return *found;
}

void add_levels(SourceFiles& files, const Json& config, const Reference& reference, const std::string& key, int depth,
                ReferenceCode& code, std::vector<ConfigRoot>& roots) {
  const ConfigClass type = source::read_config_class(files, reference.config);
  code.levels.push_back({key, type});
  roots.push_back({key.empty() ? reference.model : reference.base, reference.config, key});
  if (depth >= deepest_level) return;
  for (const auto& [name, within] : type.within) {
    const auto part = config.is_object() ? config.find(name) : config.end();
    const Json inner = config.is_object() && part != config.end() ? *part : Json();
    if (const auto found = reference_within(files, type, within, inner)) {
      add_levels(files, inner, *found, source::joined_key(key, name), depth + 1, code, roots);
    }
  }
}

// Keys that the base of all models reads for this one, as tie_word_embeddings: no code of the model itself does.
void add_base_reads(SourceFiles& files, ReferenceCode& code) {
  const source::SourceFile* base = files.open(files.package() / "modeling_utils.py");
  if (base == nullptr) return;
  const auto is_config = [](const source::Node& node) { return node.text().ends_with("config"); };
  const auto add = [&](const source::Node& node, const std::string& key) {
    if (is_beside_the_model(key) || code.levels.front().type.field(key) == nullptr) return;
    code.code.reads.push_back(
        {key, {base->path, node.place().line}, source::on_one_line(node.line()), "PreTrainedModel", {}, {}});
  };
  for (const source::Node& node : base->tree.root().all()) {
    if (node.is("attribute") && is_config(node.field("object"))) add(node, std::string(node.field("attribute").text()));
    if (!node.is("call") || node.field("function").text() != "getattr") continue;
    const auto arguments = node.field("arguments").children();
    const auto name = arguments.size() < 2 ? std::nullopt : source::string_literal(arguments[1]);
    if (name && is_config(arguments[0])) add(node, *name);
  }
}

bool means_at(std::string_view read, std::string_view key) {
  if (read.empty()) return key.empty();
  const std::size_t read_end = std::min(read.find('.'), read.size());
  const std::string_view rest = read.substr(std::min(read_end + 1, read.size()));
  const bool is_any = read.substr(0, read_end) == "*";
  if (is_any && means_at(rest, key)) return true;
  if (key.empty()) return false;
  const std::size_t key_end = std::min(key.find('.'), key.size());
  if (!is_any && read.substr(0, read_end) != key.substr(0, key_end)) return false;
  return means_at(rest, key.substr(std::min(key_end + 1, key.size())));
}

}  // namespace

const source::ConfigField* ReferenceCode::field(const std::string& key) const {
  const source::ConfigField* found = nullptr;
  std::size_t longest = 0;
  for (const ConfigLevel& level : levels) {
    if (!level.key.empty() && !key.starts_with(level.key + ".")) continue;
    if (found != nullptr && level.key.size() < longest) continue;
    longest = level.key.size();
    found = level.type.field(level.key.empty() ? key : key.substr(level.key.size() + 1));
  }
  return found;
}

std::string reference_id(const Json& config) {
  std::string id = text_at(config, "model_type");
  for (const auto& [name, value] : config.items()) {
    if (const std::string type = text_at(value, "model_type"); !type.empty()) id += "," + name + "=" + type;
  }
  return id;
}

Result<ReferenceCode> read_reference(SourceFiles& files, const Json& config) {
  const std::string type = text_at(config, "model_type");
  const auto reference = source::find_reference(files, type);
  if (!reference) return tl::unexpected<Error>(reference.error());
  ReferenceCode found{reference_id(config), type, {}, {}};
  std::vector<ConfigRoot> roots;
  add_levels(files, config, *reference, "", 0, found, roots);
  found.code = source::config_reads(files, roots);
  add_base_reads(files, found);
  return found;
}

bool means(const std::string& read, const std::string& key) {
  // An element of the parameters is those of a layer type, not one parameter.
  for (const char* parameters : {"rope_parameters", "rope_scaling"}) {
    const std::string one = parameters + std::string(".");
    if (read.ends_with(one + "*") && key.find(one) != std::string::npos) return false;
  }
  return means_at(read, key);
}

}  // namespace portwright::diff
