#include "diff/port_keys.hpp"

#include <algorithm>

#include "diff/reference_code.hpp"
#include "source/class_body.hpp"

namespace portwright::diff {
namespace {

using source::ConfigClass;
using source::ConfigField;
using source::Definition;
using source::joined_key;
using source::SourceFile;
using source::SourceFiles;

// The class that the first parameter of Model.__init__ is said to be, else ModelArgs.
Definition args_class(SourceFiles& files, const SourceFile& port, const Definition& model) {
  const source::Method init = source::method_of(files, model, "__init__");
  if (init) {
    for (const source::Node& parameter : init.node.field("parameters").children()) {
      if (!parameter.is("typed_parameter") && !parameter.is("typed_default_parameter")) continue;
      const Definition named = files.definition(*init.file, parameter.field("type").text());
      if (named && named.is_class()) return named;
    }
  }
  return files.definition(port, "ModelArgs");
}

void add_fields(const ConfigClass& type, const std::string& level, PortKeys& found) {
  found.levels.insert(level);
  for (const ConfigField& field : type.fields) {
    PortKey& key = found.keys[joined_key(level, field.name)];
    key = {field.line, true, key.is_read, field.required, false, field.constant, field.computed.has_value()};
  }
}

std::string level_of(const PortKeys& found, const std::string& key) {
  std::string longest;
  for (const std::string& level : found.levels) {
    if (!level.empty() && key.starts_with(level + ".") && level.size() > longest.size()) longest = level;
  }
  return longest;
}

void add_reads(const source::ConfigCode& code, PortKeys& found) {
  for (const source::ConfigRead& read : code.reads) {
    const std::string level = level_of(found, read.key);
    const std::string below = level.empty() ? read.key : read.key.substr(level.size() + 1);
    const auto [key, is_new] = found.keys.try_emplace(read.key);
    if (is_new) key->second = {read.line, false, true, false, below.find('.') != std::string::npos, {}, false};
    key->second.is_read = true;
  }
}

// Names of a config's own that are no fields: methods, properties, and what __post_init__ adds.
void drop_own_names(const ConfigClass& type, const source::ConfigCode& code, const std::string& level,
                    PortKeys& found) {
  const auto drop = [&](const std::string& name) {
    const auto key = found.keys.find(joined_key(level, name));
    if (key != found.keys.end() && !key->second.is_field) found.keys.erase(key);
  };
  for (const std::string& property : type.properties) drop(property);
  for (const source::Node& method : source::methods_of(type.definition)) drop(std::string(method.field("name").text()));
  for (const auto& [name, value] : type.constants) drop(name);
  for (const source::ConfigWrite& write : code.writes) {
    const auto key = found.keys.find(write.key);
    if (key != found.keys.end() && !key->second.is_field) found.keys.erase(key);
  }
}

}  // namespace

const PortKey* PortKeys::find(const std::string& key) const {
  const auto found = keys.find(key);
  return found == keys.end() ? nullptr : &found->second;
}

bool PortKeys::reads(const std::string& key) const {
  return std::ranges::any_of(keys, [&](const auto& item) { return item.second.is_read && means(item.first, key); });
}

Result<PortKeys> read_port_keys(const std::filesystem::path& file, const std::filesystem::path& mlx_models) {
  SourceFiles files(mlx_models);
  const auto port = files.read(file);
  if (!port) return tl::unexpected<Error>(port.error());
  const Definition model = files.definition(**port, "Model");
  if (!model || !model.is_class()) {
    return fail(Fault::input, file.string() + " has no class Model", "name the file of a port for mlx-lm");
  }
  PortKeys found;
  const Definition args = args_class(files, **port, model);
  const source::ConfigCode code = source::config_reads(files, {{model, args, ""}});
  if (args) found.args = args.name();
  found.levels.insert("");
  for (const source::ConfigMade& made : code.made) {
    add_fields(source::read_config_class(files, made.type), made.key, found);
  }
  add_reads(code, found);
  for (const source::ConfigMade& made : code.made) {
    drop_own_names(source::read_config_class(files, made.type), code, made.key, found);
  }
  return found;
}

}  // namespace portwright::diff
