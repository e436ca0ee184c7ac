#include <doctest/doctest.h>

#include <cmath>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {

TEST_CASE("a norm with a gate beside its input that the port leaves out, and gates alone") {
  constexpr std::size_t gated_width = 8;
  const Matrix states = random_matrix({20, gated_width}, 1);
  const Matrix gate = random_matrix({20, gated_width}, 2);
  const std::vector<double> weight = random_matrix({1, gated_width}, 3).values;
  Matrix right = states;
  Matrix wrong = states;
  for (std::size_t row = 0; row < states.rows; ++row) {
    const double root = std::sqrt(dot(states.row(row), states.row(row)) / gated_width + 1e-6);
    for (std::size_t i = 0; i < gated_width; ++i) {
      wrong.row(row)[i] *= gate.row(row)[i];
      right.row(row)[i] = wrong.row(row)[i] * weight[i] / root;
    }
  }
  Model model;
  model.add("layers.0.delta.norm", "RMSNormGated", "layers.0.delta#0", states, right);
  // What follows it has the heads of a position side by side.
  const auto joined = [](const Matrix& heads) { return matrix({1, 10, 2 * gated_width}, heads.values); };
  model.add("layers.0.delta.out_proj", "Linear", "layers.0.delta#0", joined(right), joined(right));
  model.parameters["layers.0.delta.norm.weight"] = weight;
  check_proved(model.causes("layers.0.delta.out_proj", false, joined(wrong)), "module-skipped",
               "the port does not apply layers.*.delta.norm");
  CHECK(model.causes("layers.0.delta.out_proj", false, random_matrix({1, 10, 2 * gated_width}, 4)).empty());
}

TEST_CASE("a norm that reads the layer's input where the stream behind attention is right") {
  const auto sum = [](Matrix one, const Matrix& other) {
    for (std::size_t i = 0; i < one.values.size(); ++i) one.values[i] += other.values[i];
    return one;
  };
  const Matrix input = random_matrix({1, 10, 8}, 1);
  const Matrix attention = random_matrix({1, 10, 8}, 2);
  const Matrix normed = random_matrix({1, 10, 8}, 3);
  const Matrix mlp = random_matrix({1, 10, 8}, 4);
  const Matrix stream = sum(input, attention);
  Model model;
  model.add("layers.0", "Layer", "model#0", input, sum(stream, mlp));
  model.add("layers.0.attn", "Attention", "layers.0#0", input, attention);
  model.add("layers.0.norm", "RMSNorm", "layers.0#0", stream, normed);
  model.add("layers.0.mlp", "MLP", "layers.0#0", stream, mlp);
  check_proved(model.causes("layers.0.norm", false, input), "norm-input",
               "the port takes layers.*.norm of layers.*'s input");
  check_proved(model.causes("layers.0.mlp", false, input), "wrong-input", "the port takes layers.*'s input here");
  // Of the sum that goes on, what is left out says more.
  check_proved(model.causes("layers.0", true, stream), "sum-term", "leaves out the term layers.*.mlp's output");
}

}  // namespace portwright::diagnose
