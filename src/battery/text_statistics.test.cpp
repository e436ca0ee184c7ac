#include "battery/text_statistics.hpp"

#include <doctest/doctest.h>

namespace portwright::battery {

TEST_CASE("a text that never repeats has every n-gram once") {
  const std::vector<int> ids{1, 2, 3, 4, 5, 6, 7, 8};
  CHECK(distinct(ids, 1) == 1);
  CHECK(distinct(ids, 4) == 1);
  CHECK(repetition(ids) == 0);
}

TEST_CASE("a loop of two tokens repeats all but its first two 4-grams") {
  const std::vector<int> ids{1, 2, 1, 2, 1, 2, 1, 2};
  CHECK(distinct(ids, 1) == doctest::Approx(2.0 / 8));
  CHECK(repetition(ids) == doctest::Approx(3.0 / 5));
}

TEST_CASE("a text shorter than the n-gram says nothing against itself") { CHECK(distinct({1, 2}, 4) == 1); }

}  // namespace portwright::battery
