#include <doctest/doctest.h>

#include <cmath>

#include "diagnose/layout.hpp"
#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t axis_length = 6;
constexpr std::size_t axis_heads = 2;
constexpr std::size_t axis_width = 4;
constexpr double axis_eps = 1e-5;
const Shape axis_flat{1, axis_length, axis_heads* axis_width};
const Shape axis_headed{1, axis_length, axis_heads, axis_width};
const Shape axis_attended{1, axis_heads, axis_length, axis_width};

// Without a weight; over so many together at a time.
Matrix normed_over(const Matrix& input, std::size_t together) {
  Matrix result = input;
  for (std::size_t first = 0; first < input.values.size(); first += together) {
    double square = 0;
    for (std::size_t i = 0; i < together; ++i) square += input.values[first + i] * input.values[first + i];
    const double scale = 1 / std::sqrt(square / static_cast<double>(together) + axis_eps);
    for (std::size_t i = 0; i < together; ++i) result.values[first + i] *= scale;
  }
  return result;
}

// Queries go through a norm of `shape` and times 0.5 into attention.
Model normed_queries(const Matrix& query, std::size_t together) {
  Model model;
  const Matrix normed = normed_over(query, together);
  const Matrix input = random_matrix({1, axis_length, 5}, 3);
  model.add("layers.0.attn", "Attention", "(root)#0", input, input);
  model.add("layers.0.attn.q_norm", "RMSNorm", "layers.0.attn#0", query, normed);
  model.add("layers.0.attn.@attention", "function", "layers.0.attn#0",
            scaled_by(*arranged(normed, axis_attended, axis_length), 0.5), random_matrix(axis_headed, 4));
  return model;
}

}  // namespace

TEST_CASE("queries normalised over each head where it is all heads together, and the other way round") {
  const Matrix flat = random_matrix(axis_flat, 1);
  const Model whole = normed_queries(flat, axis_heads * axis_width);
  const Matrix by_head = *arranged(normed_over(flat, axis_width), axis_attended, axis_length);
  check_proved(whole.causes("layers.0.attn.@attention", false, scaled_by(by_head, 0.5)), "norm-axis",
               "layers.*.attn.q_norm normalises each head where the reference normalises all heads together");
  check_proved(whole.causes("layers.0.attn.q_norm", true, normed_over(flat, axis_width)), "norm-axis",
               "each head where");

  const Matrix headed = random_matrix(axis_headed, 2);
  const Model single = normed_queries(headed, axis_width);
  const Matrix as_one = *arranged(normed_over(headed, axis_heads * axis_width), axis_attended, axis_length);
  check_proved(single.causes("layers.0.attn.@attention", false, scaled_by(as_one, 0.5)), "norm-axis",
               "all heads together where the reference normalises each head");
}

}  // namespace portwright::diagnose
