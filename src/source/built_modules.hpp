// Where a port builds its modules: from class to attribute to class, along a module path.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "source/class_body.hpp"

namespace portwright::source {

// One call that builds a module.
struct Built {
  Expression call;        // for the root its class
  std::string type;       // the name of its class: "Attention", "Linear"; empty where it cannot be told
  Definition definition;  // of its class; nothing for those of other packages
};

// Class of each module by path, as it was loaded: tells which of several classes an `if` chose. May be empty.
using Classes = std::map<std::string, std::string, std::less<>>;

class BuiltModules {
 public:
  // root: the class at the top of all paths.
  BuiltModules(SourceFiles& files, const Definition& root, const Classes& classes)
      : files_(files), root_(root), classes_(classes) {}

  // Every call that may build the module of a path ("model.layers.3.self_attn"): several where the text alone does not
  // tell which; none where the path cannot be followed.
  [[nodiscard]] std::vector<Built> at(std::string_view path);

 private:
  using Expressions = std::vector<Expression>;
  // Names, conditions and brackets followed until each expression is a call, a list or a class.
  [[nodiscard]] Expressions reduced(const Expression& expression);
  void reduce(const Expression& expression, std::vector<Node>& seen, Expressions& found);
  // An element of a list, a dictionary or nn.Sequential; all where the text does not tell which one an index means.
  [[nodiscard]] Expressions elements(const Expression& list, std::string_view index, int depth = 0);
  [[nodiscard]] std::vector<Built> instances(const Expression& expression, int depth = 0);
  [[nodiscard]] std::vector<Built> called(const Expression& call, int depth);
  [[nodiscard]] std::vector<Built> of_class(std::vector<Built> built, std::string_view path) const;
  [[nodiscard]] Expressions children(const std::vector<Built>& parents, std::string_view name);

  SourceFiles& files_;
  Definition root_;
  const Classes& classes_;
};

}  // namespace portwright::source
