// `portwright env create`: a virtual environment with mlx-lm and transformers, and a lock beside it.
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "workspace/environment_lock.hpp"
#include "workspace/environment_request.hpp"

namespace portwright::workspace {

struct MadeEnvironment {
  EnvironmentLock lock;
  std::filesystem::path python;  // its interpreter
  bool reused = false;           // all was as the lock says, nothing was done
};

// Told what is being done, a line each.
using Said = std::function<void(const std::string&)>;

// Made, finished where an earlier call ended early, brought to what is asked where that is something else, or left
// alone where nothing changed. Nothing the user has installed there is removed. An input error where the folder holds
// something and is none of ours.
[[nodiscard]] Result<MadeEnvironment> create_environment(const EnvironmentOptions& options, const Said& said);

}  // namespace portwright::workspace
