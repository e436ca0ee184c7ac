// A comparison for a screen and for a report.
#pragma once

#include <string>

#include "diff/comparison.hpp"

namespace portwright::diff {

[[nodiscard]] std::string to_text(const Comparison& comparison, int width);
// The same as Markdown, for a report.
[[nodiscard]] std::string to_markdown(const Comparison& comparison);

}  // namespace portwright::diff
