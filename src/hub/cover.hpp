// The fewest sets that together hold every element, and of those the cheapest.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace portwright::hub {

struct CoverItem {
  std::uint64_t cost = 0;
  std::set<std::string> features;
};

struct Cover {
  std::vector<std::size_t> chosen;  // ascending
  bool smallest = false;            // proved; else found greedily, and a smaller one may exist
};

[[nodiscard]] Cover cover(const std::vector<CoverItem>& items);

}  // namespace portwright::hub
