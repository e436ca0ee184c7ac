#include <doctest/doctest.h>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t feature_positions = 10;
constexpr std::size_t zeros_before = 2;
constexpr std::size_t mixed_width = 6;

// What a convolution is handed: zeros, then features of a projection in this order.
Matrix mixed(const Matrix& fused, const std::vector<std::size_t>& order) {
  Matrix result = random_matrix({1, zeros_before + feature_positions, mixed_width}, 1);
  for (std::size_t row = 0; row < result.rows; ++row) {
    for (std::size_t i = 0; i < mixed_width; ++i) {
      result.row(row)[i] = row < zeros_before ? 0 : fused.row(row - zeros_before)[order[i]];
    }
  }
  return result;
}

}  // namespace

TEST_CASE("features of a projection in another order, behind the zeros of a convolution") {
  const Matrix fused = random_matrix({1, feature_positions, 12}, 2);
  const Matrix input = random_matrix({1, feature_positions, 5}, 3);
  Model model;
  model.add("layers.0.delta", "DeltaNet", "layers.0#0", input, input);
  model.add("layers.0.delta.in_proj", "Linear", "layers.0.delta#0", input, fused);
  model.add("layers.0.delta.conv1d", "Conv1d", "layers.0.delta#0", mixed(fused, {0, 1, 4, 5, 8, 9}), input);
  const auto causes = [&](const Matrix& got) { return model.causes("layers.0.delta.conv1d", false, got); };
  check_proved(
      causes(mixed(fused, {0, 1, 4, 6, 7, 9})), "cut-elsewhere",
      "the port takes feature 6 of layers.*.delta.in_proj's output as feature 3 here where the reference takes "
      "feature 5, and so on");
  check_proved(causes(mixed(fused, {0, 1, 4, 5, 10, 11})), "cut-elsewhere",
               "takes features 10 to 11 of layers.*.delta.in_proj's output as features 4 to 5 here where the reference "
               "takes features 8 to 9");
  CHECK(causes(random_matrix({1, zeros_before + feature_positions, mixed_width}, 7)).empty());
}

}  // namespace portwright::diagnose
