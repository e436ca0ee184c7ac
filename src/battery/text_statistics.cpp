#include "battery/text_statistics.hpp"

#include <set>

namespace portwright::battery {

double distinct(const std::vector<int>& ids, std::size_t n) {
  if (n == 0 || ids.size() < n) return 1;
  std::set<std::vector<int>> different;
  const std::size_t grams = ids.size() - n + 1;
  for (std::size_t i = 0; i < grams; ++i) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(i);
    different.emplace(first, first + static_cast<std::ptrdiff_t>(n));
  }
  return static_cast<double>(different.size()) / static_cast<double>(grams);
}

double repetition(const std::vector<int>& ids) { return 1 - distinct(ids, 4); }

}  // namespace portwright::battery
