#include "closest/names.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace portwright::closest {
namespace {

std::multiset<std::pair<char, char>> pairs_of(std::string_view name) {
  std::multiset<std::pair<char, char>> pairs;
  char before = '^';
  for (const char letter : name.substr(0, 100)) {
    pairs.emplace(before, letter);
    before = letter;
  }
  return pairs;
}

// Dice's coefficient of the pairs of neighbouring letters.
double likeness(const std::multiset<std::pair<char, char>>& one, const std::multiset<std::pair<char, char>>& other) {
  std::vector<std::pair<char, char>> both;
  std::ranges::set_intersection(one, other, std::back_inserter(both));
  return 2.0 * static_cast<double>(both.size()) / static_cast<double>(one.size() + other.size() + 1);
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string>& known) {
  constexpr std::size_t most = 3;
  const auto mine = pairs_of(typed);
  std::vector<std::pair<double, std::string>> ranked;
  ranked.reserve(known.size());
  for (const std::string& name : known) ranked.emplace_back(-likeness(mine, pairs_of(name)), name);
  std::ranges::sort(ranked);
  std::vector<std::string> nearest;
  for (const auto& [ignored, name] : ranked) {
    if (nearest.size() < most) nearest.push_back(name);
  }
  return nearest;
}

std::string listed_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool last = i + 1 == names.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + names[i];
  }
  return text;
}

}  // namespace portwright::closest
