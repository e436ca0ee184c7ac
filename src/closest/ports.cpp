#include "closest/ports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "closest/call_arguments.hpp"
#include "source/source_files.hpp"

namespace portwright::closest {
namespace {

namespace fs = std::filesystem;
using source::Node;
using source::SourceFile;
using source::SourceFiles;

std::map<std::string, std::string> remapping_in(const fs::path& utils) {
  std::map<std::string, std::string> remapping;
  SourceFiles files({});
  const SourceFile* file = files.open(utils);
  if (file == nullptr || !file->variables.contains("MODEL_REMAPPING")) return remapping;
  for (const Node& pair : file->variables.find("MODEL_REMAPPING")->second.children()) {
    if (pair.is("pair")) remapping.emplace(string_value(pair.field("key")), string_value(pair.field("value")));
  }
  return remapping;
}

bool is_port(const SourceFile& file) { return file.definitions.contains("Model") || file.imports.contains("Model"); }

void close_imports(std::map<std::string, Port>& ports) {
  for (bool grown = true; grown;) {
    grown = false;
    for (auto& [ignored, port] : ports) {
      const std::set<std::string> direct = port.imports;
      for (const std::string& name : direct) {
        for (const std::string& further : ports.at(name).imports) grown |= port.imports.insert(further).second;
      }
    }
  }
}

}  // namespace

Result<Ports> read_ports(const fs::path& mlx_lm) {
  std::map<std::string, Port> ports;
  std::map<std::string, std::set<std::string>> imports;
  std::error_code error;
  for (fs::directory_iterator entry(mlx_lm / "models", error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.extension() != ".py") continue;
    SourceFiles files({});  // of one file: trees are not kept
    const SourceFile* file = files.open(path);
    if (file == nullptr || !is_port(*file)) continue;
    const std::string name = path.stem().string();
    ports.emplace(name, Port{name, path, {}});
    for (const auto& [as, import] : file->imports) imports[name].insert(import.module);
  }
  if (ports.empty()) {
    return fail(Fault::environment, fmt::format("{} has no ports", (mlx_lm / "models").string()),
                "name an interpreter with mlx-lm with --python");
  }
  for (auto& [name, port] : ports) {
    for (const std::string& module : imports[name]) {
      if (module != name && ports.contains(module)) port.imports.insert(module);
    }
  }
  close_imports(ports);
  Ports found;
  found.remapping = remapping_in(mlx_lm / "utils.py");
  for (auto& [ignored, port] : ports) found.all.push_back(std::move(port));
  return found;
}

}  // namespace portwright::closest
