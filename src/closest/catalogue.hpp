// Which model types transformers has, where each lies, and what its modular file builds it from.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "closest/structure.hpp"

namespace portwright::closest {

struct Reference {
  std::string model_type;
  Source source;
  std::filesystem::path modular;  // may be missing on the disk
  std::filesystem::path folder;
};

struct Catalogue {
  std::filesystem::path models;            // transformers/models
  std::map<std::string, Reference> types;  // that write text, by model type
  std::map<std::string, Reference> parts;  // all types, by the class without a head
};

// transformers: the package's folder. Read from its auto classes' tables, as text.
[[nodiscard]] Result<Catalogue> read_catalogue(const std::filesystem::path& transformers);

// A type, or an error that names the nearest ones.
[[nodiscard]] Result<Reference> reference_of(const Catalogue& catalogue, const std::string& model_type);

// The model type that a model of several modalities has as its language model; empty where it is its own.
[[nodiscard]] std::string language_model_of(const Catalogue& catalogue, const Reference& reference);

struct Parent {
  std::string folder;                // "olmo2"
  std::vector<std::string> classes;  // of this model, that inherit from the parent's
};

// By how many classes inherit from each; empty where there is no modular file.
[[nodiscard]] std::vector<Parent> modular_parents(const Reference& reference);

}  // namespace portwright::closest
