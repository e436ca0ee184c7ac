// A port's file as rules ask about it: its classes, its config, what runs in a forward, what its names mean.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lint/library.hpp"
#include "source/flat_tree.hpp"

namespace portwright::lint {

using source::Item;

// One name that an import gives: `from .base import X as Y` is {".base", "X", "Y"}, `import mlx.core as mx` is
// {"mlx.core", "", "mx"}.
struct ImportedName {
  std::string module;
  std::string name;
  std::string here;
  Item item;
};

struct Function {
  std::string_view name;
  Item item;  // the function_definition
  Item body;
  Item decorated;  // the decorated_definition around it, or null
};

struct Class {
  std::string_view name;
  Item item;
  Item decorated;
  std::vector<std::string_view> bases;
  std::vector<Function> methods;

  [[nodiscard]] const Function* method(std::string_view wanted) const;
};

// `name: type = value` of a config class.
struct Field {
  std::string_view name;
  Item item;   // the assignment
  Item type;   // null where there is none
  Item value;  // null where it has no default
};

struct FoundClass {
  const Port* port = nullptr;
  const Class* type = nullptr;

  explicit operator bool() const { return type != nullptr; }
};

class Port {
 public:
  Port(Library& library, std::filesystem::path file, source::SyntaxTree tree);
  Port(const Port&) = delete;  // items point into it
  Port(Port&&) = delete;
  Port& operator=(const Port&) = delete;
  Port& operator=(Port&&) = delete;
  ~Port() = default;

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  [[nodiscard]] std::string name() const { return file_.stem().string(); }
  [[nodiscard]] const source::SyntaxTree& syntax() const { return syntax_; }
  [[nodiscard]] const source::FlatTree& tree() const { return tree_; }
  [[nodiscard]] const std::vector<ImportedName>& imports() const { return imports_; }
  [[nodiscard]] const std::vector<Class>& classes() const { return classes_; }
  [[nodiscard]] const std::vector<Function>& functions() const { return functions_; }  // at the top of the file
  // `__call__` of every class, and what they call here, each once.
  [[nodiscard]] const std::vector<Function>& forward() const { return forward_; }
  [[nodiscard]] bool in_forward(const Item& item) const;

  // Whether the file gives the names Model and ModelArgs, which makes it a port.
  [[nodiscard]] bool gives(std::string_view name) const;

  [[nodiscard]] const Class* class_named(std::string_view name) const;
  // What a class name means here, in this file or a port that it is imported from.
  [[nodiscard]] FoundClass resolve(std::string_view name) const;
  [[nodiscard]] FoundClass model() const { return resolve("Model"); }
  // Fields of ModelArgs, those of its bases too.
  [[nodiscard]] std::vector<Field> config_fields() const;

  // A name or attribute with its import in full: "mx.zeros" and `from mlx.core import zeros` are both "mx.zeros";
  // mlx.core is "mx", mlx.nn "nn", a port's own module ".base". Empty for anything else.
  [[nodiscard]] std::string full_name(const Item& expression) const;
  // The full name of what a call calls; empty for no call.
  [[nodiscard]] std::string called(const Item& call) const;
  // The port or shared module beside it, or null: "llama", "base".
  [[nodiscard]] const Port* beside(std::string_view module) const;
  // Every place of an identifier, also as an attribute or keyword.
  [[nodiscard]] std::vector<Item> named(std::string_view identifier) const;
  [[nodiscard]] bool uses_name(
      std::string_view name) const;  // as a name, an attribute, a keyword or a string's content

 private:
  void read_names();
  void read_imports();
  void read_definitions();
  void read_forward();

  Library& library_;
  std::filesystem::path file_;
  source::SyntaxTree syntax_;
  source::FlatTree tree_;
  std::unordered_map<std::string_view, std::vector<Item>> names_;
  std::unordered_set<std::string_view> strings_;
  std::vector<ImportedName> imports_;
  std::vector<Class> classes_;
  std::vector<Function> functions_;
  std::vector<Function> forward_;
};

// The class and its bases, as far as they are written here or in ports it imports from.
[[nodiscard]] std::vector<FoundClass> with_bases(const FoundClass& type);
// The method that an object of this class has; null where it has none that can be read.
[[nodiscard]] const Function* inherited(const FoundClass& type, std::string_view method);
// False where a base of the class lies in a file that cannot be read: then a missing method says nothing.
[[nodiscard]] bool knows_bases(const FoundClass& type);

// The fields of one config class by itself.
[[nodiscard]] std::vector<Field> fields_of(const Class& type);
// The content of a string literal without quotes; the text itself where it is none.
[[nodiscard]] std::string_view unquoted(std::string_view literal);

}  // namespace portwright::lint
