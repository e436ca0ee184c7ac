// What was asked of an environment and what came of it, as a file beside its folder (schemas/environment.schema.json).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "workspace/git.hpp"
#include "workspace/python.hpp"

namespace portwright::workspace {

// A package that is installed from a folder of source.
struct LockedCheckout {
  std::string package;
  std::filesystem::path folder;
  CheckoutState state;
  bool operator==(const LockedCheckout&) const = default;
};

struct EnvironmentLock {
  std::filesystem::path folder;                 // of the environment
  Json asked;                                   // to_json(EnvironmentRequest)
  std::string made;                             // RFC 3339, UTC
  std::string installer;                        // "uv" or "pip"
  std::string python;                           // "3.11.7"
  std::map<std::string, std::string> packages;  // everything that was installed: normalised name to version
  std::vector<LockedCheckout> checkouts;
};

// "/work/.venv.lock.json" of "/work/.venv".
[[nodiscard]] std::filesystem::path lock_file_of(const std::filesystem::path& environment);

// Nothing where there is none; an input error where it cannot be read or is no such lock.
[[nodiscard]] Result<std::optional<EnvironmentLock>> read_lock(const std::filesystem::path& environment);
[[nodiscard]] Status write_lock(const EnvironmentLock& lock);
[[nodiscard]] Json to_json(const EnvironmentLock& lock);

// The editable checkouts of an interpreter as they are now.
[[nodiscard]] std::vector<LockedCheckout> checkouts_of(const Python& python);

// What is no longer as the lock says, a phrase each: "numpy is 2.4.5, was 2.4.6".
[[nodiscard]] std::vector<std::string> differences(const EnvironmentLock& lock, const Python& python);

// A file in the environment says whose it is and whether it was finished.
enum class Made {
  elsewhere,   // not by `env create`
  unfinished,  // begun, and not ended
  finished,
};
[[nodiscard]] Made how_made(const std::filesystem::path& environment);
[[nodiscard]] Status mark(const std::filesystem::path& environment, Made made);

}  // namespace portwright::workspace
