// The Python files a port is written in: its own, and what it imports from beside it or from mlx-lm's ports.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "source/syntax.hpp"

namespace portwright::source {

// `from .llama import Attention as A` is {"llama", "Attention"}, `from . import llama` is {"llama", ""}.
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

class SourceFiles {
 public:
  // models: mlx-lm's folder of ports, where what does not lie beside the importing file is looked for; may be empty.
  explicit SourceFiles(std::filesystem::path models) : models_(std::move(models)) {}

  // Null where the file cannot be read. Files stay as long as this does.
  [[nodiscard]] const SourceFile* open(const std::filesystem::path& file);
  // What `llama.Attention` or `Attention` means in a file, through its imports; nothing for what other packages define.
  [[nodiscard]] Definition definition(const SourceFile& in, std::string_view dotted);

 private:
  [[nodiscard]] const SourceFile* imported(const SourceFile& by, const std::string& module);
  [[nodiscard]] Definition definition(const SourceFile& in, std::string_view dotted, int depth);

  std::filesystem::path models_;
  std::map<std::filesystem::path, std::unique_ptr<SourceFile>> files_;
};

}  // namespace portwright::source
