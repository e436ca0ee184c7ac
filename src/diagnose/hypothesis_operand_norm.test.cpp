#include <doctest/doctest.h>

#include <cmath>

#include "diagnose/layout.hpp"
#include "diagnose/operand.hpp"
#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t normed_positions = 10;
constexpr std::size_t normed_heads = 3;
constexpr std::size_t normed_width = 8;
const std::string normed_attention = "layers.0.attn.@attention";

std::vector<double> norm_weight(unsigned seed) { return random_matrix({1, normed_width}, seed).values; }

Matrix head_normed(Matrix heads, const std::vector<double>& weight, double eps) {
  for (std::size_t row = 0; row < heads.rows; ++row) {
    const auto values = heads.row(row);
    const double root = std::sqrt(dot(values, values) / normed_width + eps);
    for (std::size_t i = 0; i < normed_width; ++i) values[i] *= weight[i] / root;
  }
  return heads;
}

// As attention is given it: half of the norm's output.
Matrix given_to_attention(const Matrix& normed) {
  return scaled_by(*arranged(normed, {1, normed_heads, normed_positions, normed_width}, normed_positions), 0.5);
}

// Queries and keys of one projection, each with a norm of its own.
Model normed_queries(const Matrix& projected) {
  Model model;
  const Matrix input = random_matrix({1, normed_positions, 5}, 1);
  model.parameters["layers.0.attn.q_norm.weight"] = norm_weight(3);
  model.parameters["layers.0.attn.k_norm.weight"] = norm_weight(4);
  model.config = {{"rms_norm_eps", 1e-3}};
  model.add("layers.0.attn", "Attention", "(root)#0", input, input);
  const Matrix queries = head_normed(projected, norm_weight(3), 1e-3);
  model.add("layers.0.attn.q_norm", "RMSNorm", "layers.0.attn#0", projected, queries);
  const Matrix keys = random_matrix({1, normed_positions, normed_heads, normed_width}, 6);
  model.add("layers.0.attn.k_norm", "RMSNorm", "layers.0.attn#0", keys, head_normed(keys, norm_weight(4), 1e-3));
  model.add(normed_attention, "function", "layers.0.attn#0", given_to_attention(queries), input);
  return model;
}

}  // namespace

TEST_CASE("queries normalised with the keys' weights, with another eps, or not at all") {
  const Matrix projected = random_matrix({1, normed_positions, normed_heads, normed_width}, 2);
  const Model model = normed_queries(projected);
  const auto causes = [&](const Matrix& normed) {
    return model.causes(normed_attention, false, given_to_attention(normed));
  };
  check_proved(causes(head_normed(projected, norm_weight(4), 1e-3)), "other-weight",
               "normalises the queries with the weights of layers.*.attn.k_norm");
  check_proved(causes(head_normed(projected, norm_weight(3), 1e-6)), "norm-eps",
               "computes with eps 1e-06 where config rms_norm_eps says 0.001");
  check_proved(causes(projected), "module-skipped", "does not apply layers.*.attn.q_norm");
  CHECK(causes(head_normed(projected, norm_weight(5), 1e-3)).empty());
}

TEST_CASE("queries turned before their norm, which the port applies to another layout") {
  const Shape in_turn{1, normed_heads, normed_positions, normed_width};
  Rotation rotation;
  rotation.positions = normed_positions;
  rotation.width = rotation.turned = normed_width;
  for (std::size_t position = 0; position < normed_positions; ++position) {
    for (std::size_t pair = 0; pair < normed_width / 2; ++pair) {
      const double frequency = std::pow(100.0, -2.0 * static_cast<double>(pair) / normed_width);
      rotation.factors.push_back(std::polar(1.0, static_cast<double>(position) * frequency));
    }
  }
  const auto rotated_heads = [&](const Matrix& heads) { return *turned(heads, rotation, TurnedBy::position); };
  const auto in_heads = [&](const Matrix& array) { return *arranged(array, in_turn, normed_positions); };
  const Matrix projected = random_matrix({1, normed_positions, normed_heads, normed_width}, 2);
  Model model = normed_queries(projected);
  const std::vector<double> weight = norm_weight(3);
  model.arrays[normed_attention + "#0:in"] =
      scaled_by(rotated_heads(in_heads(head_normed(projected, weight, 1e-3))), 0.5);
  const auto given = [&](const std::vector<double>& with) {
    return scaled_by(head_normed(rotated_heads(in_heads(projected)), with, 1e-3), 0.5);
  };
  check_proved(model.causes(normed_attention, false, given(weight)), "rope-order",
               "turns the queries before it normalises them");
  CHECK(model.causes(normed_attention, false, given(norm_weight(5))).empty());
}

}  // namespace portwright::diagnose
