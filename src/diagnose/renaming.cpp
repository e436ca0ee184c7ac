#include "diagnose/renaming.hpp"

#include <algorithm>
#include <string_view>

namespace portwright::diagnose {
namespace {

std::string_view above(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

std::string_view last_word(std::string_view path) { return path.substr(path.rfind('.') + 1); }

std::string joined(const std::string& path, std::string_view rest) {
  if (path.empty() || rest.empty()) return path + std::string(rest);
  return path + "." + std::string(rest);
}

}  // namespace

void Renaming::learn(const std::string& reference, const std::string& port) {
  std::string_view mine = reference;
  std::string_view theirs = port;
  ++seen_[reference][port];
  while (!mine.empty() && !theirs.empty() && last_word(mine) == last_word(theirs)) {
    mine = above(mine);
    theirs = above(theirs);
    ++seen_[std::string(mine)][std::string(theirs)];
  }
}

std::vector<std::string> Renaming::names_of(const std::string& reference) const {
  std::vector<std::string> names;
  for (std::string_view known = reference;; known = above(known)) {
    if (const auto found = seen_.find(std::string(known)); found != seen_.end()) {
      std::vector<std::pair<std::string, int>> votes(found->second.begin(), found->second.end());
      std::ranges::sort(votes, [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
      });
      const std::string_view full = reference;
      const std::string_view rest = full.substr(known.empty() ? 0 : std::min(full.size(), known.size() + 1));
      for (const auto& [name, count] : votes) names.push_back(joined(name, rest));
    }
    if (known.empty()) return names;
  }
}

}  // namespace portwright::diagnose
