#include "base/nearest.hpp"

#include <algorithm>

namespace portwright {
namespace {

constexpr std::size_t shortest_prefix = 3;

bool abbreviates(std::string_view typed, std::string_view word) {
  const std::size_t dashes = std::min(typed.find_first_not_of('-'), typed.size());
  return typed.size() - dashes >= shortest_prefix && word.starts_with(typed);
}

}  // namespace

std::size_t edit_distance(std::string_view from, std::string_view to) {
  const std::size_t width = to.size() + 1;
  std::vector<std::size_t> table((from.size() + 1) * width);
  const auto at = [&](std::size_t row, std::size_t column) -> std::size_t& { return table[row * width + column]; };
  for (std::size_t row = 0; row <= from.size(); ++row) at(row, 0) = row;
  for (std::size_t column = 0; column <= to.size(); ++column) at(0, column) = column;
  for (std::size_t row = 1; row <= from.size(); ++row) {
    for (std::size_t column = 1; column <= to.size(); ++column) {
      const std::size_t replaced = from[row - 1] == to[column - 1] ? 0 : 1;
      std::size_t best =
          std::min({at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + replaced});
      if (row > 1 && column > 1 && from[row - 1] == to[column - 2] && from[row - 2] == to[column - 1]) {
        best = std::min(best, at(row - 2, column - 2) + 1);
      }
      at(row, column) = best;
    }
  }
  return at(from.size(), to.size());
}

std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& known) {
  std::size_t best = std::max<std::size_t>(1, typed.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string& word : known) {
    const std::size_t distance = abbreviates(typed, word) ? 1 : edit_distance(typed, word);
    if (distance < best) {
      best = distance;
      found = word;
    }
  }
  return found;
}

}  // namespace portwright
