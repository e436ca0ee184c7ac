// What a class and its bases say: their methods, and what they give their attributes.
#pragma once

#include <string_view>
#include <vector>

#include "source/source_files.hpp"

namespace portwright::source {

// An expression and where it stands, which is what the names in it depend on.
struct Expression {
  Node node;
  const SourceFile* file = nullptr;
  Definition owner;       // the class whose `self` is meant
  Node function;          // null at the top of a file
  bool appended = false;  // an element of a list that grows, not the list
};

struct Method {
  const SourceFile* file = nullptr;
  Node node;

  explicit operator bool() const { return file != nullptr; }
};

// The class and its bases in the order Python asks them in, without those of other packages.
[[nodiscard]] std::vector<Definition> class_and_bases(SourceFiles& files, const Definition& type);

// All methods of one class by themselves, and the one of that name of the class or its bases.
[[nodiscard]] std::vector<Node> methods_of(const Definition& type);
[[nodiscard]] Method method_of(SourceFiles& files, const Definition& type, std::string_view name);

// What `self.NAME` is given anywhere in the nearest class of `class_and_bases` that gives it something.
[[nodiscard]] std::vector<Expression> values_of(SourceFiles& files, const Definition& type, std::string_view name);

// `self.NAME`.
[[nodiscard]] bool is_own_attribute(const Node& node, std::string_view name);

// What a name is given within one function, appended elements too.
[[nodiscard]] std::vector<Expression> values_of_variable(SourceFiles& files, const Expression& in,
                                                         std::string_view name);

}  // namespace portwright::source
