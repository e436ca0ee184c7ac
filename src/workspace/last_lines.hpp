// The end of what a program printed, for an error's detail.
#pragma once

#include <string>
#include <string_view>

namespace portwright::workspace {

// At most eight lines that say something, each shortened to a terminal's width.
[[nodiscard]] std::string last_lines(std::string_view text);

}  // namespace portwright::workspace
