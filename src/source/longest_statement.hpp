// How much of a text the parser has to hold at once.
#pragma once

#include <cstddef>
#include <string_view>

namespace portwright::source {

// The words and signs of the longest statement: up to a line break outside brackets and strings, or to the end of the
// text where a bracket or string is never closed. Never fewer than there are; more where a string holds any.
[[nodiscard]] std::size_t longest_statement(std::string_view text);

}  // namespace portwright::source
