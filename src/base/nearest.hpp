// What somebody meant who mistyped a name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portwright {

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

// The nearest of `known` where it is near enough to be a slip: one edit, or a third of the word's length.
// A `known` word that begins with three or more letters of `typed` counts as one edit.
[[nodiscard]] std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace portwright
