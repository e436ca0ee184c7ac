#include "source/model_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <system_error>
#include <vector>

#include "source/literal.hpp"

namespace portwright::source {
namespace {

namespace fs = std::filesystem;

using Names = std::map<std::string, std::string, std::less<>>;

// All pairs of strings in what a name of a file is given, or updated with: OrderedDict([("a", "A"), …]), {"a": "A"}. Of
// several values of a key the first counts.
Names table(const SourceFile* file, std::string_view name) {
  Names found;
  if (file == nullptr) return found;
  const auto add = [&](const Node& key, Node value) {
    if (value.is("tuple") && !value.children().empty()) value = value.children().front();
    const auto from = string_literal(key);
    const auto to = string_literal(value);
    if (from && to) found.emplace(*from, *to);
  };
  for (const Node& statement : file->tree.root().children()) {
    if (!statement.is("expression_statement") || statement.children().empty()) continue;
    const Node what = statement.children().front();
    const bool is_given = what.is("assignment") && what.field("left").text() == name;
    const bool is_updated = what.is("call") && what.field("function").text() == std::string(name) + ".update";
    if (!is_given && !is_updated) continue;
    for (const Node& node : what.all()) {
      if (node.is("pair")) add(node.field("key"), node.field("value"));
      if (!node.is("tuple") || node.children().size() != 2) continue;
      add(node.children().front(), node.children().back());
    }
  }
  return found;
}

void merge(Names& into, Names more) {
  for (auto& [key, value] : more) into.insert_or_assign(key, value);
}

struct Tables {
  Names configs;
  Names folders;
  Names causal;
  Names conditional;
  Names base;
};

Tables read_tables(SourceFiles& files) {
  const fs::path folder = files.package() / "models/auto";
  const SourceFile* mappings = files.open(folder / "auto_mappings.py");
  const SourceFile* configuration = files.open(folder / "configuration_auto.py");
  const SourceFile* modeling = files.open(folder / "modeling_auto.py");
  Tables tables;
  tables.configs = table(mappings, "CONFIG_MAPPING_NAMES");
  merge(tables.configs, table(configuration, "CONFIG_MAPPING_NAMES"));
  tables.folders = table(mappings, "SPECIAL_MODEL_TYPE_TO_MODULE_NAME");
  merge(tables.folders, table(configuration, "SPECIAL_MODEL_TYPE_TO_MODULE_NAME"));
  tables.causal = table(modeling, "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES");
  tables.conditional = table(modeling, "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES");
  tables.base = table(modeling, "MODEL_MAPPING_NAMES");
  return tables;
}

std::string folder_of(const Tables& tables, const std::string& type) {
  if (const auto special = tables.folders.find(type); special != tables.folders.end()) return special->second;
  std::string folder = type;
  std::ranges::replace(folder, '-', '_');
  return folder;
}

// A class in a folder's files of one kind ("configuration", "modeling"): first in the file of the folder's own name.
Definition class_in(SourceFiles& files, const fs::path& folder, const std::string& kind, const std::string& name) {
  std::vector<fs::path> candidates{folder / fmt::format("{}_{}.py", kind, folder.filename().string())};
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string file = entry->path().filename().string();
    if (file.starts_with(kind + "_") && file.ends_with(".py")) candidates.push_back(entry->path());
  }
  if (!candidates.empty()) std::sort(candidates.begin() + 1, candidates.end());
  for (const fs::path& candidate : candidates) {
    const SourceFile* file = files.open(candidate);
    if (file == nullptr) continue;
    if (const Definition found = files.definition(*file, name); found && found.is_class()) return found;
  }
  return {};
}

Definition model_class(SourceFiles& files, const fs::path& folder, const Names& names, const std::string& type) {
  const auto name = names.find(type);
  return name == names.end() ? Definition{} : class_in(files, folder, "modeling", name->second);
}

std::string nearest(const Names& configs, const std::string& type) {
  std::vector<std::string> found;
  const std::string_view head = std::string_view(type).substr(0, std::min<std::size_t>(type.size(), 4));
  for (const auto& [name, config] : configs) {
    if (found.size() < 8 && (name.starts_with(head) || (type.size() > 2 && name.find(type) != std::string::npos))) {
      found.push_back(name);
    }
  }
  return found.empty() ? "" : fmt::format("; there are {}", fmt::join(found, ", "));
}

bool is_a_name(std::string_view type) {
  return !type.empty() && type.size() < 100 &&
         std::ranges::all_of(
             type,
             [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '-';
             });
}

}  // namespace

Result<Reference> find_reference(SourceFiles& files, const std::string& model_type) {
  const Tables tables = read_tables(files);
  if (tables.configs.empty()) {
    return fail(Fault::environment,
                fmt::format("{} has no table of model types", (files.package() / "models/auto").string()),
                "name an interpreter with transformers 5 with --python");
  }
  const auto config = is_a_name(model_type) ? tables.configs.find(model_type) : tables.configs.end();
  if (config == tables.configs.end()) {
    return fail(Fault::input,
                fmt::format("transformers has no model type '{}'{}", on_one_line(model_type, 60),
                            nearest(tables.configs, model_type)),
                "check model_type in config.json, or update transformers");
  }
  const auto in_folder = [&](const std::string& type) {
    const fs::path folder = files.package() / "models" / folder_of(tables, type);
    Reference found{model_type, class_in(files, folder, "configuration", config->second), {}, {}};
    found.base = model_class(files, folder, tables.base, type);
    for (const Names* names : {&tables.causal, &tables.conditional, &tables.base}) {
      if (!found.model) found.model = model_class(files, folder, *names, type);
    }
    return found;
  };
  Reference found = in_folder(model_type);
  // Some types have the config of another one, in that one's folder.
  for (const auto& [type, name] : tables.configs) {
    if (found.config) break;
    if (name == config->second && type != model_type) found = in_folder(type);
  }
  if (found.config) return found;
  return fail(Fault::environment,
              fmt::format("{} of model type '{}' is not in transformers", config->second, model_type),
              "check the installation of transformers");
}

}  // namespace portwright::source
