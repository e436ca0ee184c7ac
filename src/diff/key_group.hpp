// Which keys decide most, by their names.
#pragma once

#include <string>

#include "diff/comparison.hpp"

namespace portwright::diff {

// rope, layers, multipliers or dtype; `others` for all other names.
[[nodiscard]] Group group_of_name(const std::string& key);

// A key of training, generation or bookkeeping, which no port needs.
[[nodiscard]] bool is_beside_the_model(const std::string& key);

}  // namespace portwright::diff
