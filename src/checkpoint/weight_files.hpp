// Which files of a checkpoint folder hold its weights.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace portwright::checkpoint {

struct WeightFiles {
  std::vector<std::filesystem::path> files;            // sorted
  std::map<std::string, std::filesystem::path> index;  // tensor name to file; empty where the folder has no index
};

// The shards that model.safetensors.index.json names, else model*.safetensors. An error where there are none, or where
// the index is malformed or names a file that is missing.
[[nodiscard]] Result<WeightFiles> find_weight_files(const std::filesystem::path& folder);

}  // namespace portwright::checkpoint
