#include "source/source_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "base/files.hpp"
#include "base/utf8.hpp"

namespace portwright::source {
namespace {

constexpr int most_imports = 16;  // one after the other: files may import each other in a circle

// The path of a module from the folder of the importing file: "llama" for ".llama" and "mlx_lm.models.llama",
// "../clip/x" for "..clip.x", "" for the folder itself. Nothing for other packages.
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
  std::string path;
  for (; module.starts_with('.'); module.remove_prefix(1)) path += "../";
  std::string below(module);
  std::ranges::replace(below, '.', '/');
  return path + below;
}

bool lies_below(const std::filesystem::path& file, const std::filesystem::path& folder) {
  if (folder.empty()) return false;
  const std::filesystem::path below = file.lexically_relative(folder.lexically_normal());
  return !below.empty() && *below.begin() != "..";
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
    const bool is_module = below->empty() || below->ends_with('/');
    file.imports[name.here] = is_module ? Import{*below + name.name, ""} : Import{*below, name.name};
  }
}

void note_import(const Node& statement, SourceFile& file) {
  for (const Node& item : statement.children()) {
    const Named name = named(item);
    if (const auto below = below_models(name.name); below && !below->empty()) file.imports[name.here] = {*below, ""};
  }
}

// Also what stands below an `if` or `try` at the top, or has a decorator.
bool holds_statements(const Node& node) {
  constexpr std::array kinds{
      "decorated_definition", "expression_statement", "if_statement",    "elif_clause",    "else_clause",
      "try_statement",        "except_clause",        "finally_clause",  "with_statement", "block",
      "for_statement",        "while_statement",      "match_statement", "case_clause"};
  return std::ranges::any_of(kinds, [&](const char* kind) { return node.is(kind); });
}

constexpr int most_blocks = 64;  // within each other

void note_definitions(const Node& block, SourceFile& file, int depth = 0) {
  for (const Node& statement : block.children()) {
    if (statement.is("class_definition") || statement.is("function_definition")) {
      file.definitions[std::string(statement.field("name").text())] = statement;
    } else if (statement.is("assignment") && statement.field("left").is("identifier") && statement.field("right")) {
      file.variables[std::string(statement.field("left").text())] = statement.field("right");
    } else if (depth < most_blocks && holds_statements(statement)) {
      note_definitions(statement, file, depth + 1);
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
  if (std::filesystem::file_size(key, ignored) > most_source_bytes || ignored) return nullptr;
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

const FunctionGives& SourceFiles::given(const Node& function) {
  const auto [known, is_new] = given_.try_emplace(function.id());
  if (is_new) known->second = given_in(function);
  return known->second;
}

Result<const SourceFile*> SourceFiles::read(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return fail(Fault::input, file.string() + " does not exist", "check the path");
  }
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail(Fault::input, file.string() + " is not a file", "name a Python file");
  }
  const auto bytes = std::filesystem::file_size(file, error);
  if (!error && bytes > most_source_bytes) {
    return fail(Fault::input,
                fmt::format("{} is {:.1f} MB large, and no model's source is larger than {} MB", file.string(),
                            static_cast<double>(bytes) / 1e6, most_source_bytes >> 20U),
                "name the Python file of the model");
  }
  // Read once more, because a file that cannot be read says why.
  const auto text = read_file(file);
  if (!text) return tl::unexpected<Error>(text.error());
  if (const int line = line_that_is_no_text(*text); line > 0) {
    return fail(Fault::input, fmt::format("{}:{} is not UTF-8 text", file.string(), line), "save the file as UTF-8");
  }
  const SourceFile* opened = open(file);
  if (opened == nullptr)
    return fail(Fault::input, file.string() + " cannot be read as Python", "check that it is Python");
  if (const auto mistake = opened->tree.mistake()) {
    return fail(Fault::input, fmt::format("{}:{}:{}: not valid Python", file.string(), mistake->line, mistake->column),
                "mend the file at that place");
  }
  return opened;
}

const SourceFile* SourceFiles::imported(const SourceFile& by, const std::string& module) {
  const std::filesystem::path beside_it = (by.path.parent_path() / (module + ".py")).lexically_normal();
  if (module.starts_with("..")) return lies_below(beside_it, package_) ? open(beside_it) : nullptr;
  if (const SourceFile* beside = open(beside_it)) return beside;
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

Variable SourceFiles::variable(const SourceFile& in, std::string_view name) {
  const SourceFile* file = &in;
  std::string wanted(name);
  for (int i = 0; i < most_imports && file != nullptr; ++i) {
    if (const auto own = file->variables.find(wanted); own != file->variables.end()) return {file, own->second};
    const auto import = file->imports.find(wanted);
    if (import == file->imports.end() || import->second.name.empty()) return {};
    wanted = import->second.name;
    file = imported(*file, import->second.module);
  }
  return {};
}

}  // namespace portwright::source
