// What black and isort would change, in the versions that upstream pins.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lint/lint.hpp"

namespace portwright::lint {

struct Hook {
  std::string version;             // "25.1.0"; empty: not pinned
  std::vector<std::string> words;  // its arguments
};

// One hook of a .pre-commit-config.yaml, by its id.
[[nodiscard]] Hook pinned_hook(std::string_view config, std::string_view id);

// One finding a port and formatter, at the first line that would change. A formatter that is missing or of another
// version than the checkout pins is a note, and nothing is asked of it. Error: interrupted.
[[nodiscard]] Status add_unformatted(const std::vector<std::filesystem::path>& ports,
                                     const std::filesystem::path& python, Report& report);

}  // namespace portwright::lint
