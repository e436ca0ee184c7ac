// The functions that a model's forward pass is written in, by the scope they are used in.
#pragma once

#include <string>
#include <vector>

#include "closest/module_tree.hpp"

namespace portwright::closest {

struct UsedFunction {
  const source::SourceFile* file = nullptr;
  source::Node node;
  Scope scope = Scope::model;
  std::string text;  // its lines, with comments and docstrings as spaces

  [[nodiscard]] int line_at(std::size_t offset) const;  // of a place in `text`, from 1
};

// Methods of the tree's classes and the functions they call, without those that load, shard or initialise.
[[nodiscard]] std::vector<UsedFunction> used_code(source::SourceFiles& files, const ModuleTree& tree);

}  // namespace portwright::closest
