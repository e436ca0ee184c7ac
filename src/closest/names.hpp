// Names near a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portwright::closest {

// The three that share most pairs of letters with it, the nearest first.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string>& known);

// "a, b and c".
[[nodiscard]] std::string listed_names(const std::vector<std::string>& names);

}  // namespace portwright::closest
