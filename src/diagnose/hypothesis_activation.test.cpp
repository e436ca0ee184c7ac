#include <doctest/doctest.h>

#include <cmath>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::int64_t gated_tokens = 12;
constexpr std::int64_t gated_features = 8;

// A projection of three parts: the first gates what comes out of a convolution that PyTorch keeps by channels.
Model gated_convolution() {
  Model model;
  const Matrix fused = random_matrix({1, gated_tokens, 3 * gated_features}, 1);
  const Matrix channels = random_matrix({1, gated_features, gated_tokens + 2}, 2);
  Matrix product = random_matrix({1, gated_tokens, gated_features}, 3);
  for (std::size_t row = 0; row < gated_tokens; ++row) {
    for (std::size_t i = 0; i < gated_features; ++i) product.row(row)[i] = fused.row(row)[i] * channels.row(i)[row];
  }
  const Matrix out = random_matrix({1, gated_tokens, gated_features}, 4);
  model.add("layers.0.conv", "Conv", "layers.0#0", out, out);
  model.add("layers.0.conv.in_proj", "Linear", "layers.0.conv#0", out, fused);
  model.add("layers.0.conv.conv", "Conv1d", "layers.0.conv#0", out, channels);
  model.add("layers.0.conv.out_proj", "Linear", "layers.0.conv#0", product, out);
  return model;
}

}  // namespace

TEST_CASE("a product of other parts of a projection, and with an activation that belongs to no product") {
  const Model model = gated_convolution();
  const Matrix& fused = model.arrays.at("layers.0.conv.in_proj#0:out");
  const Matrix& channels = model.arrays.at("layers.0.conv.conv#0:out");
  Matrix exchanged = model.arrays.at("layers.0.conv.out_proj#0:in");
  Matrix activated = exchanged;
  for (std::size_t row = 0; row < gated_tokens; ++row) {
    for (std::size_t i = 0; i < gated_features; ++i) {
      const double value = channels.row(i)[row];
      exchanged.row(row)[i] = fused.row(row)[gated_features + i] * value;
      activated.row(row)[i] = fused.row(row)[i] * value / (1 + std::exp(-value));
    }
  }
  check_proved(model.causes("layers.0.conv.out_proj", false, exchanged), "factor-exchanged",
               "part 2 of layers.*.conv.in_proj's output");
  check_proved(model.causes("layers.0.conv.out_proj", false, activated), "activation",
               "silu of layers.*.conv.conv's output where the reference computes no activation");
}

TEST_CASE("a product whose factor lacks the bias of the module that made it") {
  Model model = gated_convolution();
  std::vector<double>& bias = model.parameters["layers.0.conv.conv.bias"];
  bias = random_matrix({1, gated_features}, 5).values;
  const Matrix& fused = model.arrays.at("layers.0.conv.in_proj#0:out");
  Matrix without = model.arrays.at("layers.0.conv.out_proj#0:in");
  for (std::size_t row = 0; row < gated_tokens; ++row) {
    for (std::size_t i = 0; i < gated_features; ++i) without.row(row)[i] -= fused.row(row)[i] * bias[i];
  }
  check_proved(model.causes("layers.0.conv.out_proj", false, without), "bias-dropped",
               "the port does not add layers.*.conv.conv.bias");
}

TEST_CASE("an activation once too often or not at all, and one beside a factor that nothing shows") {
  const auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  const Matrix hidden = random_matrix({1, gated_tokens, gated_features}, 7);
  const Matrix gate = random_matrix({1, gated_tokens, gated_features}, 8);
  Model model;
  model.add("layers.0.mlp", "MLP", "layers.0#0", gate, gate);
  model.add("layers.0.mlp.gate_proj", "Linear", "layers.0.mlp#0", gate, gate);
  model.add("layers.0.mlp.down_proj", "Linear", "layers.0.mlp#0", hidden, gate);
  check_proved(model.causes("layers.0.mlp.down_proj", false, mapped(hidden, silu)), "activation",
               "silu of what the reference takes as it is");
  model.arrays["layers.0.mlp.down_proj#0:in"] = mapped(hidden, silu);
  check_proved(model.causes("layers.0.mlp.down_proj", false, hidden), "activation",
               "no activation where the reference computes silu");

  Matrix right = mapped(gate, silu);
  Matrix wrong = mapped(gate, [](double x) { return std::tanh(x); });
  for (std::size_t i = 0; i < right.values.size(); ++i) {
    right.values[i] *= hidden.values[i];
    wrong.values[i] *= hidden.values[i];
  }
  model.arrays["layers.0.mlp.down_proj#0:in"] = right;
  check_proved(model.causes("layers.0.mlp.down_proj", false, wrong), "activation",
               "tanh where the reference computes silu");
  CHECK(model.causes("layers.0.mlp.down_proj", false, random_matrix({1, gated_tokens, gated_features}, 9)).empty());
}

TEST_CASE("a gate in one half of each head of a projection") {
  constexpr std::size_t gate_heads = 2;
  constexpr std::size_t gate_width = gated_features / gate_heads;
  Model model;
  const Matrix fused = random_matrix({1, gated_tokens, 2 * gated_features}, 1);
  const Matrix attended = random_matrix({1, gated_tokens, gate_heads, gate_width}, 2);
  const auto gated = [&](double (*function)(double)) {
    Matrix result = random_matrix({1, gated_tokens, gated_features}, 3);
    for (std::size_t row = 0; row < gated_tokens; ++row) {
      for (std::size_t i = 0; i < gated_features; ++i) {
        const double gate = fused.row(row)[i / gate_width * 2 * gate_width + gate_width + i % gate_width];
        result.row(row)[i] = attended.values[row * gated_features + i] * function(gate);
      }
    }
    return result;
  };
  const Matrix right = gated([](double x) { return 1 / (1 + std::exp(-x)); });
  model.add("layers.0.attn", "Attention", "layers.0#0", right, right);
  model.add("layers.0.attn.q_proj", "Linear", "layers.0.attn#0", right, fused);
  model.add("layers.0.attn.@attention", "function", "layers.0.attn#0",
            random_matrix({1, gate_heads, gated_tokens, gate_width}, 4), attended);
  model.add("layers.0.attn.o_proj", "Linear", "layers.0.attn#0", right, right);
  model.config = {{"hidden_act", "silu"}};
  const auto causes =
      model.causes("layers.0.attn.o_proj", false, gated([](double x) { return x / (1 + std::exp(-x)); }));
  check_proved(causes, "activation", "silu where the reference computes sigmoid");
  CHECK_FALSE(causes[0].field);
}

TEST_CASE("a gate of one number a head") {
  constexpr std::size_t gate_heads = 2;
  Model model;
  const Matrix gate = random_matrix({1, gated_tokens, gate_heads}, 1);
  const Matrix attended = random_matrix({1, gated_tokens, gated_features}, 2);
  const auto gated = [&](double (*function)(double)) {
    Matrix result = attended;
    for (std::size_t i = 0; i < result.values.size(); ++i) {
      result.values[i] *= function(gate.values[i / (gated_features / gate_heads)]);
    }
    return result;
  };
  const Matrix right = gated([](double x) { return std::log1p(std::exp(x)); });
  model.add("layers.0.attn", "Attention", "layers.0#0", right, right);
  model.add("layers.0.attn.v_proj", "Linear", "layers.0.attn#0", right, attended);
  model.add("layers.0.attn.g_proj", "Linear", "layers.0.attn#0", right, gate);
  model.add("layers.0.attn.o_proj", "Linear", "layers.0.attn#0", right, right);
  check_proved(model.causes("layers.0.attn.o_proj", false, gated([](double x) { return 1 / (1 + std::exp(-x)); })),
               "activation", "sigmoid where the reference computes softplus");
}

TEST_CASE("a norm that is handed a gate beside its input, in rows of heads") {
  Model model;
  const Matrix gate = random_matrix({1, gated_tokens, gated_features}, 1);
  const Matrix normed = random_matrix({2 * gated_tokens, gated_features / 2}, 2);
  const auto gated = [&](double (*function)(double)) {
    Matrix result = normed;
    for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] *= function(gate.values[i]);
    return result;
  };
  const Matrix right = gated([](double x) { return x / (1 + std::exp(-x)); });
  model.add("layers.0.attn", "Attention", "layers.0#0", gate, gate);
  model.add("layers.0.attn.g_proj", "Linear", "layers.0.attn#0", gate, gate);
  model.add("layers.0.attn.o_norm", "GatedNorm", "layers.0.attn#0",
            random_matrix({2 * gated_tokens, gated_features / 2}, 3), right);
  check_proved(model.causes("layers.0.attn.o_norm", true, gated([](double x) { return 1 / (1 + std::exp(-x)); })),
               "activation", "sigmoid where the reference computes silu");
}

}  // namespace portwright::diagnose
