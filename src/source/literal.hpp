// Constants of Python source as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "source/syntax.hpp"

namespace portwright::source {

// None, True, numbers (also `2**-0.5` and `8 * 1024`), strings, lists, tuples and dictionaries with string keys of
// these. Nothing for what is no constant.
[[nodiscard]] std::optional<Json> literal(const Node& node);

// The text between the quotes of a string constant without placeholders; nothing for other nodes.
[[nodiscard]] std::optional<std::string> string_literal(const Node& node);

// Two numbers joined by an operator of Python ("+", "//", "**", …), whole where Python keeps them whole; nothing where
// they cannot be.
[[nodiscard]] std::optional<Json> calculated(const Json& left, std::string_view operation, const Json& right);

// A piece of source on one line, cut to `most` characters with a mark.
[[nodiscard]] std::string on_one_line(std::string_view text, std::size_t most = 100);

}  // namespace portwright::source
