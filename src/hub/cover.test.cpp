#include "hub/cover.hpp"

#include <doctest/doctest.h>

#include <random>

namespace portwright::hub {
namespace {

using Indices = std::vector<std::size_t>;

TEST_CASE("one item that holds everything is enough, and the cheapest such is taken") {
  const Cover found = cover({{50, {"a", "b"}}, {9, {"a", "b"}}, {1, {"a"}}});
  CHECK(found.chosen == Indices{1});
  CHECK(found.smallest);
}

TEST_CASE("fewer items win over what greed takes") {
  // Greed begins with the first, which holds most, and then needs both others.
  const Cover found = cover({{1, {"a", "b", "d", "e"}}, {1, {"a", "b", "c"}}, {1, {"d", "e", "f"}}});
  CHECK(found.chosen == Indices{1, 2});
}

TEST_CASE("nothing needs nothing") {
  CHECK(cover({}).chosen.empty());
  CHECK(cover({{5, {}}, {6, {}}}).chosen.empty());
}

TEST_CASE("hundreds of random sets end, and what is chosen covers") {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same sets each time
  std::vector<CoverItem> items(200);
  std::set<std::string> all;
  for (CoverItem& item : items) {
    item.cost = random() % 100;
    for (int i = 0; i < 12; ++i) item.features.insert(std::to_string(random() % 150));
    all.insert(item.features.begin(), item.features.end());
  }
  std::set<std::string> covered;
  for (const std::size_t i : cover(items).chosen) covered.insert(items[i].features.begin(), items[i].features.end());
  CHECK(covered == all);
}

}  // namespace
}  // namespace portwright::hub
