// The package versions this program was tested with: requirements/measured.txt names them, constraints.txt pins them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "workspace/finding.hpp"

namespace portwright::workspace {

struct TestedPackage {
  std::string name;  // normalised: lower case, '-' for '_' and '.'
  std::string version;
};

// `packages` in the order of the list. A name without a pin, or a line that is neither, is an error with its line.
[[nodiscard]] Result<std::vector<TestedPackage>> tested_set(std::string_view names, std::string_view constraints);
[[nodiscard]] Result<std::vector<TestedPackage>> read_tested_set(const std::filesystem::path& requirements_folder);

// One finding a tested package. `installed`: normalised name to version. A local part ("+cpu") is no other version.
[[nodiscard]] std::vector<Finding> compare_with_tested(const std::vector<TestedPackage>& tested,
                                                       const std::map<std::string, std::string>& installed,
                                                       const std::string& python);

// MLX's wheel for Linux brings no backend: with neither mlx-cpu nor an mlx-cuda package it cannot be imported. Nothing
// where one is there, or no mlx at all.
[[nodiscard]] std::optional<Finding> missing_mlx_backend(const std::map<std::string, std::string>& installed,
                                                         const std::string& python);

}  // namespace portwright::workspace
