#include "checkpoint/weight_index.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/testing.hpp"

using namespace portwright::checkpoint;
using portwright::testing::says;

namespace {

using Entries = std::vector<std::pair<std::string, std::uint32_t>>;

WeightIndex index_in(const std::string& text) {
  auto index = weight_index(text, "index.json");
  REQUIRE(index);
  return std::move(*index);
}

std::string complaint_of_index(const std::string& text) {
  const auto index = weight_index(text, "index.json");
  return index ? "" : index.error().sentence;
}

}  // namespace

TEST_CASE("an index gives its shards by name and its tensors in the order of the file") {
  // The last four are not as transformers writes an index: another key, a name twice, two maps, a list in metadata.
  for (const char* text :
       {R"({"metadata": {"total_size": 12, "x": null, "y": "z"}, "weight_map": {"b": "2", "a": "1", "c": "2"}})",
        R"({"weight_map": {"b": "2", "a": "1", "c": "2"}, "metadata": {"total_size": 12.0}})",
        R"({"metadata": {"total_size": 12}, "more": [], "weight_map": {"b": "2", "a": "1", "c": "2"}})",
        R"({"metadata": {"total_size": 12}, "weight_map": {"b": "2", "a": "2", "c": "2", "a": "1"}})",
        R"({"metadata": {"total_size": 12}, "weight_map": {"d": "3"}, "weight_map": {"b": "2", "a": "1", "c": "2"}})",
        R"({"metadata": {"total_size": 12, "x": [1]}, "weight_map": {"b": "2", "a": "1", "c": "2"}})"}) {
    CAPTURE(text);
    const WeightIndex index = index_in(text);
    CHECK(index.shards == std::vector<std::string>{"1", "2"});
    CHECK(index.tensors == Entries{{"b", 1}, {"a", 0}, {"c", 1}});
    CHECK(index.total_bytes == 12);
  }
  CHECK_FALSE(index_in(R"({"metadata": {"total_size": -1}, "weight_map": {}})").total_bytes);
  CHECK_FALSE(index_in(R"({"metadata": {"total_size": 1e30}, "weight_map": {}})").total_bytes);
  CHECK_FALSE(index_in(R"({"weight_map": {}})").total_bytes);
}

TEST_CASE("an index that is none") {
  CHECK(says(complaint_of_index("{}"), "index.json has no weight_map"));
  CHECK(says(complaint_of_index("[]"), "has no weight_map"));
  CHECK(says(complaint_of_index(R"({"weight_map": []})"), "has no weight_map"));
  CHECK(says(complaint_of_index(R"({"metadata": {"weight_map": "x"}})"), "has no weight_map"));
  CHECK(says(complaint_of_index(R"({"weight_map": {"a": "../x"}})"),
             "places tensor 'a' in '../x', which is no file name in its folder"));
  CHECK(says(complaint_of_index(R"({"weight_map": {"a": 1}})"), "gives tensor 'a' no file name"));
  CHECK(says(complaint_of_index(R"({"weight_map": {"a": "1")"), "index.json:1:"));
}
