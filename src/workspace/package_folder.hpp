// The folder of a Python package, found without starting an interpreter where it lies in its usual place.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace portwright::workspace {

// `package` as it is imported: "transformers" or "mlx_lm". In the environment of `executable` (also its folder), or
// where that is empty in the one that find_python would choose. Starting an interpreter to ask takes longer than to
// read all that is wanted of the package, so it is asked only where the package is installed in an unusual way. Empty
// where the environment lacks the package; an error where there is no such interpreter.
[[nodiscard]] Result<std::filesystem::path> package_folder(const std::string& package,
                                                           const std::filesystem::path& executable);

}  // namespace portwright::workspace
