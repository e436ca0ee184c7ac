#include "diagnose/aggregates.hpp"

#include <doctest/doctest.h>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t aggregated_positions = 6;

std::vector<Aggregate> aggregates_of(const Matrix& got, const Matrix& want) {
  Model model;
  const Matrix stream = random_matrix({1, aggregated_positions, 5}, 1);
  model.add("layers.0", "Layer", "(root)#0", stream, stream);
  model.add("layers.0.@attention", "function", "layers.0#0", want, want);
  const Scene scene{{1, false}, got, want, least_floor, model.calls, {}, {}, model.config};
  return aggregates(scene);
}

}  // namespace

TEST_CASE("one head that is wrong stands out, in every position and channel") {
  const Matrix want = random_matrix({1, 3, aggregated_positions, 4}, 2);
  Matrix got = want;
  for (std::size_t position = 0; position < aggregated_positions; ++position) {
    for (double& value : got.row(1 * aggregated_positions + position)) value *= 1.5;
  }
  const auto found = aggregates_of(got, want);
  REQUIRE(found.size() == 3);
  CHECK(found[0].axis == "position");
  CHECK(found[0].wrong.size() == aggregated_positions);
  CHECK(found[1].axis == "head");
  CHECK(found[1].wrong == std::vector<std::size_t>{1});
  CHECK(found[1].errors[1] == doctest::Approx(0.5));
  CHECK(found[1].median == 0);
  CHECK(found[2].wrong.size() == 4);
  const Json json = to_json(found);
  CHECK(json["head"]["which"] == Json::array({1}));
  CHECK_FALSE(json["position"].contains("which"));
}

TEST_CASE("the first position that is wrong") {
  const Matrix want = random_matrix({1, aggregated_positions, 4}, 3);
  Matrix got = want;
  got.row(5)[2] += 1;
  const auto found = aggregates_of(got, want);
  REQUIRE(found.size() == 2);
  CHECK(found[0].wrong == std::vector<std::size_t>{5});
  CHECK(found[1].wrong == std::vector<std::size_t>{2});
}

}  // namespace portwright::diagnose
