// The Python files a port or a reference is written in: its own, and what it imports from beside it, from mlx-lm's
// ports or from within transformers.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "source/given.hpp"
#include "source/syntax.hpp"

namespace portwright::source {

// `from .llama import Attention as A` is {"llama", "Attention"}, `from . import llama` is {"llama", ""},
// `from ...modeling_rope_utils import f` is {"../../modeling_rope_utils", "f"}.
struct Import {
  std::string module;
  std::string name;  // empty: the module itself
};

struct SourceFile {
  std::filesystem::path path;
  SyntaxTree tree;
  std::map<std::string, Node, std::less<>> definitions;  // classes and functions at the top
  std::map<std::string, Node, std::less<>> variables;    // what a name at the top was last given
  std::map<std::string, Import, std::less<>> imports;    // by the name it has here
};

// A class or function and the file that defines it.
struct Definition {
  const SourceFile* file = nullptr;
  Node node;

  explicit operator bool() const { return file != nullptr; }
  [[nodiscard]] bool is_class() const { return node.is("class_definition"); }
  [[nodiscard]] std::string name() const { return std::string(node.field("name").text()); }
};

// A value at the top of a file, and the file.
struct Variable {
  const SourceFile* file = nullptr;
  Node node;

  explicit operator bool() const { return file != nullptr; }
};

// No model's source is larger; a larger file is refused.
constexpr std::size_t most_source_bytes = std::size_t{4} << 20U;

class SourceFiles {
 public:
  // models: mlx-lm's folder of ports, where what does not lie beside the importing file is looked for; may be empty.
  // package: the folder of transformers, within which `..` is followed; may be empty.
  explicit SourceFiles(std::filesystem::path models, std::filesystem::path package = {})
      : models_(std::move(models)), package_(std::move(package)) {}

  [[nodiscard]] const std::filesystem::path& package() const { return package_; }

  // Null where the file cannot be read. Files stay as long as this does.
  [[nodiscard]] const SourceFile* open(const std::filesystem::path& file);
  // The same with the reason: missing, too large, no text, or no Python, with the place of the first mistake.
  [[nodiscard]] Result<const SourceFile*> read(const std::filesystem::path& file);
  // What `llama.Attention` or `Attention` means in a file, through its imports; nothing for what other packages define.
  [[nodiscard]] Definition definition(const SourceFile& in, std::string_view dotted);
  // What a name at the top of a file was given, there or where it is imported from.
  [[nodiscard]] Variable variable(const SourceFile& in, std::string_view name);
  // Of a function of one of these files, read once.
  [[nodiscard]] const FunctionGives& given(const Node& function);

 private:
  [[nodiscard]] const SourceFile* imported(const SourceFile& by, const std::string& module);
  [[nodiscard]] Definition definition(const SourceFile& in, std::string_view dotted, int depth);

  std::filesystem::path models_;
  std::filesystem::path package_;
  std::map<std::filesystem::path, std::unique_ptr<SourceFile>> files_;
  std::map<const void*, FunctionGives> given_;  // by function
};

}  // namespace portwright::source
