#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t delta_positions = 12;
constexpr std::size_t delta_width = 4;
constexpr std::size_t own_key_heads = 2;
constexpr std::size_t delta_heads = 4;  // of the values
const std::string delta = "layers.0.delta";

double delta_silu(double x) { return x / (1 + std::exp(-x)); }

struct KeysMade {
  std::size_t first = 8;  // the keys lie behind the queries
  double (*activation)(double) = delta_silu;
  double eps = 1e-6;  // of the sum of squares; less than 0: not normalised
  bool tiled = false;
};
Matrix keys_of(const Matrix& fused, const KeysMade& way) {
  Matrix keys = random_matrix({1, delta_positions, delta_heads, delta_width}, 1);
  for (std::size_t row = 0; row < keys.rows; ++row) {
    const std::size_t head = row % delta_heads;
    const std::size_t own = way.tiled ? head % own_key_heads : head / (delta_heads / own_key_heads);
    double square = 0;
    for (std::size_t i = 0; i < delta_width; ++i) {
      const double value = way.activation(fused.row(row / delta_heads)[way.first + own * delta_width + i]);
      keys.row(row)[i] = value;
      square += value * value;
    }
    for (double& value : keys.row(row)) value /= way.eps < 0 ? 1 : std::sqrt(square + way.eps);
  }
  return keys;
}

double delta_decay(double x, double a_log, double dt_bias) {
  return std::exp(-std::exp(a_log) * std::log1p(std::exp(x + dt_bias)));
}

const std::vector<double> a_logs{0.1, -0.3, 0.2, 0.4};
const std::vector<double> dt_biases{-1, 0.5, 0.2, -0.4};

Matrix decay_of(const Matrix& gates, std::size_t first, bool with_bias = true) {
  Matrix decay = random_matrix({1, delta_positions, delta_heads}, 1);
  for (std::size_t row = 0; row < decay.rows; ++row) {
    for (std::size_t head = 0; head < delta_heads; ++head) {
      decay.row(row)[head] = delta_decay(gates.row(row)[first + head], a_logs[head], with_bias ? dt_biases[head] : 0);
    }
  }
  return decay;
}

// A convolution's output holds queries, keys and values; another projection beta's and the decay's features.
Model delta_rule() {
  Model model;
  const Matrix input = random_matrix({1, delta_positions, 5}, 1);
  const Matrix fused = random_matrix({1, delta_positions, 32}, 2);
  const Matrix gates = random_matrix({1, delta_positions, 2 * delta_heads}, 3);
  model.add(delta, "DeltaNet", "layers.0#0", input, input);
  model.add(delta + ".conv1d", "Conv1d", delta + "#0", input, fused);
  model.add(delta + ".in_proj_ba", "Linear", delta + "#0", input, gates);
  model.add(delta + ".@recurrence_key", "function", delta + "#0", keys_of(fused, {}), input);
  model.add(delta + ".@recurrence_decay", "function", delta + "#0", decay_of(gates, delta_heads), input);
  model.parameters[delta + ".A_log"] = a_logs;
  model.parameters[delta + ".dt_bias"] = dt_biases;
  model.config = {{"rms_norm_eps", 1e-3}};
  return model;
}

}  // namespace

TEST_CASE("keys of a delta rule by another activation, length, order of heads, or of other features") {
  const Model model = delta_rule();
  const Matrix& fused = model.arrays.at(delta + ".conv1d#0:out");
  const auto causes = [&](const KeysMade& way) {
    return model.causes(delta + ".@recurrence_key", false, keys_of(fused, way));
  };
  KeysMade way;
  way.activation = [](double x) { return x; };
  check_proved(causes(way), "activation", "no activation where the reference computes silu before the keys");
  way = {};
  way.eps = -1;
  check_proved(causes(way), "unit-length", "does not divide the keys of each head by their length");
  way.eps = 1e-3;
  check_proved(causes(way), "norm-eps", "eps 0.001 (config rms_norm_eps) added to the sum");
  way.eps = 1e-3 * delta_width;
  check_proved(causes(way), "norm-eps", "eps 0.001 (config rms_norm_eps) added to the mean");
  way = {};
  way.tiled = true;
  check_proved(causes(way), "head-order", "takes the keys of head h mod 2 (tiled)");
  way = {};
  way.first = 0;
  check_proved(causes(way), "cut-elsewhere",
               "features 0 to 7 of layers.*.delta.conv1d's output where the reference takes features 8 to 15");
  CHECK(
      model.causes(delta + ".@recurrence_key", false, random_matrix({1, delta_positions, delta_heads, delta_width}, 7))
          .empty());
}

TEST_CASE("a decay of other features, or without its bias") {
  const Model model = delta_rule();
  const Matrix& gates = model.arrays.at(delta + ".in_proj_ba#0:out");
  const auto causes = [&](const Matrix& got) { return model.causes(delta + ".@recurrence_decay", false, got); };
  check_proved(
      causes(decay_of(gates, 0)), "cut-elsewhere",
      "makes the decay of feature 0 of layers.*.delta.in_proj_ba's output for head 0 where the reference takes "
      "feature 4");
  check_proved(causes(decay_of(gates, delta_heads, false)), "bias-dropped", "does not add dt_bias");
  CHECK(causes(random_matrix({1, delta_positions, delta_heads}, 7)).empty());
}

TEST_CASE("a step within other limits, without its bias, or by another function") {
  Model model = delta_rule();
  const Matrix& gates = model.arrays.at(delta + ".in_proj_ba#0:out");
  const auto steps = [&](double least, double most, bool with_bias, double (*of)(double)) {
    Matrix made = random_matrix({1, delta_positions, delta_heads}, 1);
    for (std::size_t row = 0; row < made.rows; ++row) {
      for (std::size_t head = 0; head < delta_heads; ++head) {
        const double x = gates.row(row)[delta_heads + head] + (with_bias ? dt_biases[head] : 0);
        made.row(row)[head] = std::clamp(of(x), least, most);
      }
    }
    return made;
  };
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  constexpr double none = INFINITY;
  model.add(delta + ".@recurrence_beta", "function", delta + "#0", steps(0.3, none, true, softplus), gates);
  model.config["time_step_min"] = 0.3;
  model.config["time_step_limit"] = {0.2, 1.1};
  const auto causes = [&](const Matrix& got) { return model.causes(delta + ".@recurrence_beta", false, got); };
  check_proved(causes(steps(0.2, 1.1, true, softplus)), "step-limits",
               "the step is at least 0.2 (config time_step_limit) and at most 1.1 (config time_step_limit) where the "
               "reference's is at least 0.3 (config time_step_min)");
  check_proved(causes(steps(0, none, true, softplus)), "step-limits",
               "the step is not limited where the reference's is at least 0.3");
  check_proved(causes(steps(0.3, none, false, softplus)), "bias-dropped",
               "does not add dt_bias to what makes the step");
  check_proved(causes(steps(0.3, none, true, [](double x) { return std::exp(x); })), "activation",
               "exp where the reference computes softplus");
  CHECK(causes(random_matrix({1, delta_positions, delta_heads}, 7)).empty());
}

}  // namespace portwright::diagnose
