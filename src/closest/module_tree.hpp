// All modules that a class may build, with those that an `if` chooses between side by side.
#pragma once

#include <string>
#include <vector>

#include "source/class_body.hpp"

namespace portwright::closest {

// Where in a language model a module stands.
enum class Scope : unsigned {
  model = 1,      // the model and its head
  layer = 2,      // a decoder layer itself, and its norms
  attention = 4,  // attention over all earlier tokens or a window of them
  recurrent = 8,  // whatever keeps a state instead
  feed_forward = 16,
};

struct Module {
  std::string path;               // "model.layers.*.self_attn.q_proj"
  std::string name;               // its attribute: "q_proj"
  std::string type;               // "Linear", as written where it is of another package
  source::Definition definition;  // of its class, where that is a model's own code
  source::Expression call;        // that builds it
  Scope scope = Scope::model;
  bool is_layer = false;
  bool is_parameter = false;  // a bare array
};

// A class of the model's own code, in every scope where it is built.
struct UsedClass {
  source::Definition definition;
  Scope scope = Scope::model;
};

struct ModuleTree {
  std::vector<Module> modules;  // in the order of the text
  std::vector<UsedClass> classes;
};

// Towers of other modalities are left out. Classes of files that are no models (layers that ports share) are leaves.
[[nodiscard]] ModuleTree module_tree(source::SourceFiles& files, const source::Definition& root);

}  // namespace portwright::closest
