#include <doctest/doctest.h>

#include <cmath>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t attended_length = 8;
constexpr std::size_t attending_heads = 2;
constexpr std::size_t attended_width = 4;
constexpr double score_cap = 1.5;

struct Attended {
  Matrix query = random_matrix({1, attending_heads, attended_length, attended_width}, 1);
  Matrix key = random_matrix({1, attending_heads, attended_length, attended_width}, 2);
  Matrix value = random_matrix({1, attending_heads, attended_length, attended_width}, 3);
  Matrix mask = random_matrix({attended_length, attended_length}, 4);

  Attended() {
    for (std::size_t row = 0; row < attended_length; ++row) {
      for (std::size_t at = 0; at < attended_length; ++at) mask.row(row)[at] = at <= row ? 1 : 0;
    }
  }

  // [1, positions, heads, width]; cap: 0 for none; sinks: a score for each head, or none.
  [[nodiscard]] Matrix out(double cap, const std::vector<double>& sinks = {}) const {
    Matrix result = random_matrix({1, attended_length, attending_heads, attended_width}, 5);
    for (std::size_t head = 0; head < attending_heads; ++head) {
      for (std::size_t position = 0; position < attended_length; ++position) {
        const auto made = result.row(position * attending_heads + head);
        std::fill(made.begin(), made.end(), 0);
        double sum = sinks.empty() ? 0 : std::exp(sinks[head]);
        for (std::size_t at = 0; at <= position; ++at) {
          const double score = dot(query.row(head * attended_length + position), key.row(head * attended_length + at));
          const double weight = std::exp(cap == 0 ? score : cap * std::tanh(score / cap));
          sum += weight;
          const auto from = value.row(head * attended_length + at);
          for (std::size_t i = 0; i < attended_width; ++i) made[i] += weight * from[i];
        }
        for (double& each : made) each /= sum;
      }
    }
    return result;
  }
};

Matrix in_rows(const Matrix& heads) {
  return matrix({1, attended_length, attending_heads * attended_width}, heads.values);
}

}  // namespace

TEST_CASE("attention without the sinks of its heads") {
  const Attended attended;
  const std::vector<double> sinks{0.5, 1.25};
  Model model;
  const Matrix right = attended.out(0, sinks);
  const Matrix input = in_rows(random_matrix(right.shape, 6));
  model.add("layers.0.attn", "Attention", "layers.0#0", input, input);
  model.add("layers.0.attn.@attention_key", "function", "layers.0.attn#0", attended.key, attended.key);
  model.add("layers.0.attn.@attention_value", "function", "layers.0.attn#0", attended.value, attended.value);
  model.add("layers.0.attn.@attention_mask", "function", "layers.0.attn#0", attended.mask, attended.mask);
  const Matrix shown = matrix({attending_heads, 1}, sinks);
  model.add("layers.0.attn.@attention_sinks", "function", "layers.0.attn#0", shown, shown);
  model.add("layers.0.attn.@attention", "function", "layers.0.attn#0", attended.query, right);
  check_proved(model.causes("layers.0.attn.@attention", true, attended.out(0)), "sinks-dropped",
               "weights are normalised without the sinks of the heads");
  // Other sinks are wrong where they are shown; of what comes out they make multiples.
  const auto others = model.causes("layers.0.attn.@attention", true, attended.out(0, {1.25, 0.5}));
  REQUIRE(others.size() == 1);
  CHECK(others.front().name == "row-scaled");
}

TEST_CASE("a port whose attention is its own lines, without the cap: told by what the output projection is given") {
  const Attended attended;
  Model model;
  model.config = {{"attn_logit_softcapping", score_cap}};
  const Matrix right = attended.out(score_cap);
  const Matrix input = in_rows(random_matrix(right.shape, 6));
  model.add("layers.0.attn", "Attention", "layers.0#0", input, input);
  model.add("layers.0.attn.@attention_key", "function", "layers.0.attn#0", attended.key, attended.key);
  model.add("layers.0.attn.@attention_value", "function", "layers.0.attn#0", attended.value, attended.value);
  model.add("layers.0.attn.@attention_mask", "function", "layers.0.attn#0", attended.mask, attended.mask);
  model.add("layers.0.attn.@attention", "function", "layers.0.attn#0", attended.query, right);
  model.calls.back().scalars = {{"scale", 0.5}, {"softcap", score_cap}};
  model.add("layers.0.attn.o_proj", "Linear", "layers.0.attn#0", in_rows(right), input);
  check_proved(model.causes("layers.0.attn.o_proj", false, in_rows(attended.out(0))), "softcap",
               "scores are not capped where the reference caps them at 1.5");
  CHECK(model.causes("layers.0.attn.o_proj", false, in_rows(random_matrix(right.shape, 7))).empty());
}

}  // namespace portwright::diagnose
