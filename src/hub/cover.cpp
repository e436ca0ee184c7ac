#include "hub/cover.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace portwright::hub {
namespace {

using Chosen = std::vector<std::size_t>;
using Holders = std::vector<std::size_t>;  // the items that hold one feature, ascending

constexpr std::size_t most_steps = 50'000;  // of the search, well below a second; what it found by then is taken

bool holds_any(const Chosen& chosen, const Holders& holders) {
  return std::ranges::any_of(chosen, [&](std::size_t i) { return std::ranges::binary_search(holders, i); });
}

// One row for each feature; of features whose holders include another's, the other alone: it brings both.
std::vector<Holders> needs_of(const std::vector<CoverItem>& items) {
  std::map<std::string, Holders> by_feature;
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const std::string& feature : items[i].features) by_feature[feature].push_back(i);
  }
  std::set<Holders> unique;
  for (const auto& [feature, holders] : by_feature) unique.insert(holders);
  std::vector<Holders> needs;
  for (const Holders& holders : unique) {
    const bool implied = std::ranges::any_of(unique, [&](const Holders& other) {
      return other.size() < holders.size() && std::ranges::includes(holders, other);
    });
    if (!implied) needs.push_back(holders);
  }
  return needs;
}

// Takes what meets most needs, of equals the cheapest.
Chosen greedy(const std::vector<CoverItem>& items, const std::vector<Holders>& needs) {
  Chosen chosen;
  const auto met_by = [&](std::size_t item) {
    return std::ranges::count_if(needs, [&](const Holders& holders) {
      return !holds_any(chosen, holders) && std::ranges::binary_search(holders, item);
    });
  };
  while (!std::ranges::all_of(needs, [&](const Holders& holders) { return holds_any(chosen, holders); })) {
    std::size_t best = 0;
    std::ptrdiff_t most = -1;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::ptrdiff_t met = met_by(i);
      if (met > most || (met == most && items[i].cost < items[best].cost)) {
        best = i;
        most = met;
      }
    }
    chosen.push_back(best);
  }
  return chosen;
}

// Branches on the need that fewest items meet; never follows what cannot beat the best so far.
class Search {
 public:
  Search(const std::vector<CoverItem>& items, const std::vector<Holders>& needs, Chosen first)
      : items_(items), needs_(needs), best_(std::move(first)) {}

  void run() {
    if (++steps_ > most_steps) return;
    const Holders* rarest = nullptr;
    for (const Holders& holders : needs_) {
      if (holds_any(path_, holders)) continue;
      if (rarest == nullptr || holders.size() < rarest->size()) rarest = &holders;
    }
    if (rarest == nullptr) {
      if (rank(path_) < rank(best_)) best_ = path_;
      return;
    }
    if (path_.size() + 1 > best_.size()) return;
    Holders cheapest_first = *rarest;
    std::ranges::sort(cheapest_first, {}, [this](std::size_t i) { return std::tuple(items_[i].cost, i); });
    for (const std::size_t i : cheapest_first) {
      path_.push_back(i);
      run();
      path_.pop_back();
    }
  }

  [[nodiscard]] const Chosen& best() const { return best_; }
  [[nodiscard]] bool finished() const { return steps_ <= most_steps; }

 private:
  [[nodiscard]] std::tuple<std::size_t, std::uint64_t> rank(const Chosen& chosen) const {
    std::uint64_t cost = 0;
    for (const std::size_t i : chosen) cost += items_[i].cost;
    return {chosen.size(), cost};
  }

  const std::vector<CoverItem>& items_;
  const std::vector<Holders>& needs_;
  Chosen path_;
  Chosen best_;
  std::size_t steps_ = 0;
};

}  // namespace

Cover cover(const std::vector<CoverItem>& items) {
  if (items.empty()) return {};
  const std::vector<Holders> needs = needs_of(items);
  Search search(items, needs, greedy(items, needs));
  search.run();
  Cover result{search.best(), search.finished()};
  std::ranges::sort(result.chosen);
  return result;
}

}  // namespace portwright::hub
