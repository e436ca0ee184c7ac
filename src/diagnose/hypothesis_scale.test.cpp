#include <doctest/doctest.h>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t multiplied_rows = 10;

// Each row another multiple of its own.
Matrix each_row_multiplied(Matrix array) {
  for (std::size_t row = 0; row < array.rows; ++row) {
    for (double& value : array.row(row)) value *= 1 + 0.1 * static_cast<double>(row);
  }
  return array;
}

}  // namespace

TEST_CASE("positions that are multiples of the reference's are described, rows of a state are not") {
  const Matrix input = random_matrix({1, multiplied_rows, 6}, 1);
  const Matrix output = random_matrix({1, multiplied_rows, 6}, 2);
  const Matrix state = random_matrix({1, 2, 5, 6}, 3);
  Model model;
  model.add("layers.0.mixer", "Mixer", "(root)#0", input, output);
  model.add("layers.0.mixer.@recurrence_state", "function", "layers.0.mixer#0", state, state);
  const auto causes = model.causes("layers.0.mixer", true, each_row_multiplied(output));
  REQUIRE(causes.size() == 1);
  CHECK(causes.front().name == "row-scaled");
  CHECK_FALSE(causes.front().proved);
  CHECK(causes.front().sentence.starts_with("each position is a multiple of the reference's, by 1 to 1.9"));
  CHECK(model.causes("layers.0.mixer.@recurrence_state", false, each_row_multiplied(state)).empty());
}

}  // namespace portwright::diagnose
