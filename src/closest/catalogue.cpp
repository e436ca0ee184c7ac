#include "closest/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "closest/call_arguments.hpp"
#include "closest/names.hpp"
#include "closest/pattern.hpp"
#include "closest/text_config.hpp"

namespace portwright::closest {
namespace {

namespace fs = std::filesystem;
using source::Node;
using source::SourceFile;
using source::SourceFiles;

using Table = std::map<std::string, std::string, std::less<>>;

// The classes that write text, the most particular first.
constexpr std::array class_tables{"MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES",
                                  "MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES"};

// The pairs of strings of `NAME = OrderedDict([("olmo3", "Olmo3ForCausalLM"), …])`. Of several classes the first.
Table table_in(const SourceFile* file, std::string_view name) {
  Table table;
  if (file == nullptr) return table;
  const auto variable = file->variables.find(name);
  if (variable == file->variables.end()) return table;
  for (const Node& pair : variable->second.all("tuple")) {
    const std::vector<Node> parts = pair.children();
    if (parts.size() < 2) continue;
    Node value = parts[1];
    if (value.is("tuple") && !value.children().empty()) value = value.children().front();
    if (!string_value(parts[0]).empty() && !string_value(value).empty()) {
      table.emplace(string_value(parts[0]), string_value(value));
    }
  }
  return table;
}

std::string value_or(const Table& table, const std::string& key, const std::string& otherwise) {
  const auto found = table.find(key);
  return found == table.end() ? otherwise : found->second;
}

// "models.olmo2.modeling_olmo2" and "..olmo2.modeling_olmo2" are both "olmo2".
std::string folder_of_module(std::string_view module) {
  const std::size_t modeling = module.rfind(".modeling_");
  if (modeling == std::string_view::npos) return {};
  return std::string(last_part(module.substr(0, modeling)));
}

}  // namespace

Result<Catalogue> read_catalogue(const fs::path& transformers) {
  Catalogue catalogue;
  catalogue.models = transformers / "models";
  SourceFiles files({});
  const SourceFile* modeling = files.open(catalogue.models / "auto" / "modeling_auto.py");
  const SourceFile* mappings = files.open(catalogue.models / "auto" / "auto_mappings.py");
  const SourceFile* configurations = files.open(catalogue.models / "auto" / "configuration_auto.py");
  Table configs = table_in(mappings, "CONFIG_MAPPING_NAMES");
  configs.merge(table_in(configurations, "CONFIG_MAPPING_NAMES"));
  Table folders = table_in(mappings, "SPECIAL_MODEL_TYPE_TO_MODULE_NAME");
  folders.merge(table_in(configurations, "SPECIAL_MODEL_TYPE_TO_MODULE_NAME"));
  const auto note = [&](const char* table, std::map<std::string, Reference>& types) {
    for (const auto& [type, root] : table_in(modeling, table)) {
      std::string usual = type;
      std::ranges::replace(usual, '-', '_');
      const std::string name = value_or(folders, type, usual);
      const fs::path folder = catalogue.models / name;
      const Source source{folder / ("modeling_" + name + ".py"), root, folder / ("configuration_" + name + ".py"),
                          value_or(configs, type, "")};
      types.try_emplace(type, Reference{type, source, folder / ("modular_" + name + ".py"), folder});
    }
  };
  for (const char* table : class_tables) note(table, catalogue.types);
  note("MODEL_MAPPING_NAMES", catalogue.parts);
  if (catalogue.types.empty()) {
    return fail(Fault::environment, fmt::format("{} has no table of model types", catalogue.models.string()),
                "name an interpreter whose transformers is whole with --python");
  }
  return catalogue;
}

Result<Reference> reference_of(const Catalogue& catalogue, const std::string& model_type) {
  if (const auto found = catalogue.types.find(model_type); found != catalogue.types.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [type, ignored] : catalogue.types) known.push_back(type);
  return fail(Fault::input, fmt::format("transformers has no model type '{}' that writes text", model_type),
              fmt::format("the nearest names are {}", listed_names(nearest_names(model_type, known))));
}

std::string language_model_of(const Catalogue& catalogue, const Reference& reference) {
  SourceFiles files({});
  const SourceFile* file = files.open(reference.source.configuration);
  if (file == nullptr) return {};
  const TextConfig text = text_config_of(files, files.definition(*file, reference.source.config));
  if (!text.model_type.empty() || text.config.empty()) return text.model_type;
  for (const auto* types : {&catalogue.types, &catalogue.parts}) {
    for (const auto& [type, one] : *types) {
      if (one.source.config == text.config) return type;
    }
  }
  return {};
}

std::vector<Parent> modular_parents(const Reference& reference) {
  SourceFiles files({});
  const SourceFile* modular = files.open(reference.modular);
  if (modular == nullptr) return {};
  Table folder_of_name;
  for (const Node& statement : modular->tree.root().all("import_from_statement")) {
    const Node module = statement.field("module_name");
    const std::string folder = folder_of_module(module.text());
    if (folder.empty()) continue;
    for (const Node& item : statement.children()) {
      if (!(item == module))
        folder_of_name[std::string(item.is("aliased_import") ? item.field("alias").text() : item.text())] = folder;
    }
  }
  std::vector<Parent> parents;
  for (const auto& [name, node] : modular->definitions) {
    for (const Node& base : node.field("superclasses").children()) {
      const std::string folder = value_or(folder_of_name, std::string(base.text()), "");
      if (folder.empty()) continue;
      auto known = std::ranges::find(parents, folder, &Parent::folder);
      if (known == parents.end()) known = parents.insert(parents.end(), Parent{folder, {}});
      known->classes.push_back(name);
    }
  }
  std::ranges::sort(parents, [](const Parent& a, const Parent& b) {
    return a.classes.size() != b.classes.size() ? a.classes.size() > b.classes.size() : a.folder < b.folder;
  });
  return parents;
}

}  // namespace portwright::closest
