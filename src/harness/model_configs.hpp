// The config of each MODEL, without its weights where they are not there yet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "workspace/python.hpp"

namespace portwright::harness {

struct ModelConfig {
  std::string name;  // MODEL as typed
  Json config;
};

// Also takes the path of a config.json itself. Built-in and synthetic checkpoints are made once and kept, by a worker
// of this Python; of a repository of the Hub only config.json is asked for. Nothing is started for folders and files.
[[nodiscard]] Result<std::vector<ModelConfig>> model_configs(const std::vector<std::string>& models, std::uint64_t seed,
                                                             const workspace::Choice& python);

}  // namespace portwright::harness
