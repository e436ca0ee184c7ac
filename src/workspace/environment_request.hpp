// What `env create` is asked for: where each package comes from.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::workspace {

struct WantedPackage {
  enum class From {
    index,   // a version of the package index
    folder,  // a checkout of the user's, installed editable
    git,     // a clone beside the environment, installed editable
  };
  std::string name;  // "mlx-lm"
  From from = From::index;
  bool tested = false;           // nothing was asked: the tested version
  std::string version;           // index
  std::filesystem::path folder;  // folder and git: absolute
  std::string url;               // git
  std::string ref;               // git: branch, tag or commit; empty: the default branch
  bool operator==(const WantedPackage&) const = default;
};

// As typed; empty: the tested version.
struct EnvironmentOptions {
  std::filesystem::path folder;
  std::string mlx_lm;
  std::string transformers;
  std::string torch;
};

struct EnvironmentRequest {
  std::filesystem::path folder;  // absolute
  WantedPackage mlx_lm;
  WantedPackage transformers;
  WantedPackage torch;
};

// `text`: a folder, a version ("0.32.2"), "URL[@REF]" for git, or a branch, tag or commit of the package's own
// repository. Clones lie in `clones`. An input error where it is none of these or the folder is no Python project.
[[nodiscard]] Result<WantedPackage> wanted_package(const std::string& name, const std::string& text,
                                                   const std::string& tested_version,
                                                   const std::filesystem::path& clones);

// `tested`: normalised name to version.
[[nodiscard]] Result<EnvironmentRequest> environment_request(const EnvironmentOptions& options,
                                                             const std::map<std::string, std::string>& tested);

// "mlx-lm 0.32.2", "transformers from ../transformers", "mlx-lm at main of https://…".
[[nodiscard]] std::string in_words(const WantedPackage& wanted);

// As the lock keeps it: equal where the same was asked.
[[nodiscard]] Json to_json(const EnvironmentRequest& request);

}  // namespace portwright::workspace
