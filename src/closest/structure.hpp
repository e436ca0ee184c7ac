// A model's structure in words that a reference and a port share.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/error.hpp"
#include "closest/config_keys.hpp"

namespace portwright::closest {

using Keys = std::map<std::string, Place, std::less<>>;

struct Structure {
  std::map<std::string, Place, std::less<>> facts;       // by the id of facts.hpp, and where it is first seen
  Keys keys;                                             // config fields read, by common name
  std::map<std::string, Place, std::less<>> parameters;  // "self_attn.q_proj", by common name, and where it is built
  std::set<std::string, std::less<>> names;              // the same as the code names them, from the model's root on
  bool has_layers = false;                               // nothing can be told of a model whose layers were not found

  [[nodiscard]] bool has(std::string_view fact) const { return facts.contains(fact); }
};

struct Source {
  std::filesystem::path file;           // with the root class
  std::string root;                     // "Model", "Olmo3ForCausalLM"
  std::filesystem::path configuration;  // the reference's config classes; empty for ports, which have theirs beside
  std::string config;                   // the name of its config class: "Olmo3Config", "ModelArgs"
};

// An error where the file cannot be read or has no such class.
[[nodiscard]] Result<Structure> structure_of(source::SourceFiles& files, const Source& source);

}  // namespace portwright::closest
