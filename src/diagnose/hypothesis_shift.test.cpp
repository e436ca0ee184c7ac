#include <doctest/doctest.h>

#include <algorithm>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {

TEST_CASE("an array that is one position ahead, and one that is behind") {
  constexpr std::size_t shifted_length = 20;
  const Matrix right = random_matrix({1, shifted_length, 4}, 1);
  const Matrix beyond = random_matrix({1, shifted_length, 4}, 2);
  Model model;
  model.add("layers.0.conv", "Conv1d", "layers.0#0", beyond, right);
  Matrix ahead = beyond;
  Matrix behind = beyond;
  for (std::size_t position = 0; position + 1 < shifted_length; ++position) {
    std::ranges::copy(right.row(position + 1), ahead.row(position).begin());
    std::ranges::copy(right.row(position), behind.row(position + 1).begin());
  }
  check_proved(model.causes("layers.0.conv", true, ahead), "shifted", "the array of 1 after it");
  check_proved(model.causes("layers.0.conv", true, behind), "shifted", "the array of 1 before it");
  CHECK(model.causes("layers.0.conv", true, random_matrix({1, shifted_length, 4}, 3)).empty());
}

}  // namespace portwright::diagnose
