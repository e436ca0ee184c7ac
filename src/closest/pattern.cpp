#include "closest/pattern.hpp"

#include <algorithm>

#include "base/wildcard.hpp"

namespace portwright::closest {

bool matches(std::string_view name, std::string_view pattern) {
  for (std::size_t begin = 0; begin <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('|', begin), pattern.size());
    if (matches_wildcard(name, pattern.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

std::vector<std::string_view> alternatives(std::string_view pattern) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('|', begin), pattern.size());
    parts.push_back(pattern.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace portwright::closest
