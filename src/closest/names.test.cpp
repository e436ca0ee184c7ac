#include "closest/names.hpp"

#include <doctest/doctest.h>

namespace portwright::closest {
namespace {

TEST_CASE("the nearest names come first, three of them") {
  const std::vector<std::string> known{"llama", "olmo", "olmo2", "olmo3", "qwen3"};
  const std::vector<std::string> nearest = nearest_names("olmo33", known);
  REQUIRE(nearest.size() == 3);
  CHECK(nearest.front() == "olmo3");
  CHECK(nearest_names("", known).size() == 3);
  CHECK(nearest_names("x", {}).empty());
}

TEST_CASE("names are listed as one says them") {
  CHECK(listed_names({}).empty());
  CHECK(listed_names({"a"}) == "a");
  CHECK(listed_names({"a", "b", "c"}) == "a, b and c");
}

}  // namespace
}  // namespace portwright::closest
