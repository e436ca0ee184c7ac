// The manifest that tests some models, from what their checkpoints say of themselves.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"
#include "harness/manifest.hpp"

namespace portwright::harness {

struct ManifestSettings {
  std::vector<std::string> models;  // MODEL as typed; see checkpoint/model_name.hpp
  std::filesystem::path python;     // the interpreter; empty: chosen by workspace::find_python
};

// Checkpoints are opened, so that dtype, type and memory are theirs: built-in and synthetic ones are made first, those
// of the Hub must be in its cache. An input error where one cannot be opened.
[[nodiscard]] Result<Manifest> manifest_of_models(const ManifestSettings& settings);

// One variant as its checkpoint describes it; `model` is MODEL, `revision` what the Hub resolved it to.
[[nodiscard]] ManifestVariant described_variant(const std::string& model, const std::string& revision,
                                                const checkpoint::Checkpoint& checkpoint);

// The versions a manifest fixes, out of installed packages by their normalised names. A local part ("+cpu") stays.
[[nodiscard]] ManifestEnvironment environment_of(const std::string& python,
                                                 const std::map<std::string, std::string>& packages);

}  // namespace portwright::harness
