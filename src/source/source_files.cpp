#include "source/source_files.hpp"

#include <algorithm>
#include <system_error>

#include "base/files.hpp"

namespace portwright::source {
namespace {

constexpr int most_imports = 16;  // one after the other: files may import each other in a circle

// The path of a module below the folder of ports: "llama" for ".llama" and "mlx_lm.models.llama", "" for the folder
// itself. Nothing for other packages.
std::optional<std::string> below_models(std::string_view module) {
  constexpr std::string_view package = "mlx_lm.models";
  if (module.starts_with(package)) {
    module.remove_prefix(package.size());
    if (!module.empty() && module.front() != '.') return std::nullopt;
    if (module.empty()) return "";
  } else if (!module.starts_with('.')) {
    return std::nullopt;
  }
  module.remove_prefix(1);
  if (module.starts_with('.')) return std::nullopt;  // above the folder
  std::string path(module);
  std::ranges::replace(path, '.', '/');
  return path;
}

struct Named {
  std::string name;
  std::string here;
};
Named named(const Node& item) {
  if (!item.is("aliased_import")) return {std::string(item.text()), std::string(item.text())};
  return {std::string(item.field("name").text()), std::string(item.field("alias").text())};
}

void note_import_from(const Node& statement, SourceFile& file) {
  const Node module = statement.field("module_name");
  const auto below = below_models(module.text());
  if (!below) return;
  for (const Node& item : statement.children()) {
    if (item == module || (!item.is("dotted_name") && !item.is("aliased_import"))) continue;
    const Named name = named(item);
    file.imports[name.here] = below->empty() ? Import{name.name, ""} : Import{*below, name.name};
  }
}

void note_import(const Node& statement, SourceFile& file) {
  for (const Node& item : statement.children()) {
    const Named name = named(item);
    if (const auto below = below_models(name.name); below && !below->empty()) file.imports[name.here] = {*below, ""};
  }
}

// Also what stands below an `if` or `try` at the top.
void note_definitions(const Node& block, SourceFile& file) {
  for (const Node& statement : block.children()) {
    if (statement.is("class_definition") || statement.is("function_definition")) {
      file.definitions[std::string(statement.field("name").text())] = statement;
    } else if (statement.is("assignment") && statement.field("left").is("identifier") && statement.field("right")) {
      file.variables[std::string(statement.field("left").text())] = statement.field("right");
    } else {
      note_definitions(statement, file);
    }
  }
}

}  // namespace

const SourceFile* SourceFiles::open(const std::filesystem::path& file) {
  const std::filesystem::path key = file.lexically_normal();
  if (const auto found = files_.find(key); found != files_.end()) return found->second.get();
  files_[key] = nullptr;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(key, ignored)) return nullptr;
  auto text = read_file(key);
  if (!text) return nullptr;
  auto tree = SyntaxTree::parse(std::move(*text));
  if (!tree) return nullptr;
  auto opened = std::make_unique<SourceFile>(SourceFile{key, std::move(*tree), {}, {}, {}});
  const Node root = opened->tree.root();
  note_definitions(root, *opened);
  for (const Node& statement : root.all()) {
    if (statement.is("import_from_statement")) note_import_from(statement, *opened);
    if (statement.is("import_statement")) note_import(statement, *opened);
  }
  files_[key] = std::move(opened);
  return files_[key].get();
}

const SourceFile* SourceFiles::imported(const SourceFile& by, const std::string& module) {
  if (const SourceFile* beside = open(by.path.parent_path() / (module + ".py"))) return beside;
  return models_.empty() ? nullptr : open(models_ / (module + ".py"));
}

Definition SourceFiles::definition(const SourceFile& in, std::string_view dotted) { return definition(in, dotted, 0); }

Definition SourceFiles::definition(const SourceFile& in, std::string_view dotted, int depth) {
  if (depth > most_imports) return {};
  const std::size_t dot = dotted.rfind('.');
  if (dot == std::string_view::npos) {
    if (const auto own = in.definitions.find(dotted); own != in.definitions.end()) return {&in, own->second};
    const auto import = in.imports.find(dotted);
    if (import == in.imports.end() || import->second.name.empty()) return {};
    const SourceFile* file = imported(in, import->second.module);
    return file == nullptr ? Definition{} : definition(*file, import->second.name, depth + 1);
  }
  const auto import = in.imports.find(dotted.substr(0, dot));
  if (import == in.imports.end() || !import->second.name.empty()) return {};
  const SourceFile* file = imported(in, import->second.module);
  return file == nullptr ? Definition{} : definition(*file, dotted.substr(dot + 1), depth + 1);
}

}  // namespace portwright::source
