#include "diagnose/causes.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr int tokens = 12;
constexpr int features = 8;

Matrix normed(const Matrix& input, const std::vector<double>& weight, double eps) {
  Matrix result = input;
  for (std::size_t row = 0; row < input.rows; ++row) {
    const double square = dot(input.row(row), input.row(row)) / features;
    for (std::size_t i = 0; i < features; ++i) result.row(row)[i] *= weight[i] / std::sqrt(square + eps);
  }
  return result;
}

// norm -> gate and up -> silu(gate) * up -> down, with a residual around them.
Model layer() {
  Model model;
  model.config = {{"rms_norm_eps", 1e-3}, {"hidden_act", "silu"}, {"residual_multiplier", 0.6}};
  const Matrix input = random_matrix({1, tokens, features}, 1);
  std::vector<double> weight = random_matrix({features}, 2).values;
  const Matrix norm = normed(input, weight, 1e-3);
  const Matrix gate = random_matrix({1, tokens, features}, 3);
  const Matrix up = random_matrix({1, tokens, features}, 4);
  Matrix product = mapped(gate, [](double x) { return x / (1 + std::exp(-x)); });
  for (std::size_t i = 0; i < product.values.size(); ++i) product.values[i] *= up.values[i];
  const Matrix down = random_matrix({1, tokens, features}, 5);
  Matrix sum = input;
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += 0.6 * down.values[i];
  model.add("layers.0", "Layer", "(root)#0", input, sum);
  model.add("layers.0.norm", "RMSNorm", "layers.0#0", input, norm);
  model.add("layers.0.mlp", "MLP", "layers.0#0", norm, down);
  model.add("layers.0.mlp.gate_proj", "Linear", "layers.0.mlp#0", norm, gate);
  model.add("layers.0.mlp.up_proj", "Linear", "layers.0.mlp#0", norm, up);
  model.add("layers.0.mlp.down_proj", "Linear", "layers.0.mlp#0", product, down);
  model.parameters["layers.0.norm.weight"] = std::move(weight);
  model.parameters["layers.0.mlp.down_proj.bias"] = random_matrix({features}, 6).values;
  return model;
}

}  // namespace

TEST_CASE("another eps is read off the rows, and named with its config key") {
  const Model model = layer();
  const Matrix got = normed(model.arrays.at("layers.0.norm#0:in"), model.parameters.at("layers.0.norm.weight"), 1e-5);
  const auto causes = model.causes("layers.0.norm", true, got);
  check_proved(causes, "norm-eps", "eps 1e-05 where config rms_norm_eps says 0.001");
  CHECK(causes[0].field == "rms_norm_eps");
  CHECK(causes[0].when == "only where rms_norm_eps is not 1e-05");
}

TEST_CASE("an eps outside of the root") {
  const Model model = layer();
  Matrix got = model.arrays.at("layers.0.norm#0:in");
  for (std::size_t row = 0; row < got.rows; ++row) {
    const double root = std::sqrt(dot(got.row(row), got.row(row)) / features) + 1e-3;
    for (std::size_t i = 0; i < features; ++i) got.row(row)[i] *= model.parameters.at("layers.0.norm.weight")[i] / root;
  }
  check_proved(model.causes("layers.0.norm", true, got), "norm-eps", "eps is added to the root of the mean square");
}

TEST_CASE("a norm that adds one to its weight") {
  const Model model = layer();
  std::vector<double> weight = model.parameters.at("layers.0.norm.weight");
  for (double& value : weight) value += 1;
  const Matrix got = normed(model.arrays.at("layers.0.norm#0:in"), weight, 1e-3);
  check_proved(model.causes("layers.0.norm", true, got), "norm-weight-offset", "1 + weight where the reference");
}

TEST_CASE("a bias that is not added") {
  const Model model = layer();
  Matrix got = model.arrays.at("layers.0.mlp.down_proj#0:out");
  const std::vector<double>& bias = model.parameters.at("layers.0.mlp.down_proj.bias");
  for (std::size_t i = 0; i < got.values.size(); ++i) got.values[i] -= bias[i % features];
  check_proved(model.causes("layers.0.mlp.down_proj", true, got), "bias-dropped", "layers.*.mlp.down_proj.bias");
}

TEST_CASE("another activation, and the projections exchanged") {
  const Model model = layer();
  const Matrix& gate = model.arrays.at("layers.0.mlp.gate_proj#0:out");
  const Matrix& up = model.arrays.at("layers.0.mlp.up_proj#0:out");
  Matrix got = mapped(gate, [](double x) { return std::max(x, 0.0); });
  for (std::size_t i = 0; i < got.values.size(); ++i) got.values[i] *= up.values[i];
  check_proved(model.causes("layers.0.mlp.down_proj", false, got), "activation",
               "relu where the reference computes silu (config hidden_act says silu)");
  got = mapped(up, [](double x) { return x / (1 + std::exp(-x)); });
  for (std::size_t i = 0; i < got.values.size(); ++i) got.values[i] *= gate.values[i];
  check_proved(model.causes("layers.0.mlp.down_proj", false, got), "activation", "silu of the other projection");
}

TEST_CASE(
    "a module that is not applied, another array that is read, a term that is missing or without its multiplier") {
  const Model model = layer();
  const auto array = [&](const std::string& point) { return model.arrays.at(point); };
  check_proved(model.causes("layers.0.mlp", false, array("layers.0#0:in")), "module-skipped",
               "does not apply layers.*.norm");
  check_proved(model.causes("layers.0.mlp", false, array("layers.0.mlp.up_proj#0:out")), "wrong-input",
               "takes layers.*.mlp.up_proj's output");
  Matrix sum = array("layers.0#0:out");
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] -= array("layers.0#0:in").values[i];
  // The reference's output less its residual is 0.6 times the last projection: two statements about the same numbers.
  const auto causes = model.causes("layers.0", true, sum);
  REQUIRE(!causes.empty());
  CHECK(causes[0].name == "sum-term");
  CHECK(causes[0].sentence.find("leaves out the term layers.*'s input") != std::string::npos);
  sum = array("layers.0#0:in");
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += array("layers.0.mlp.down_proj#0:out").values[i];
  const auto unscaled = model.causes("layers.0", true, sum);
  check_proved(unscaled, "sum-term", "residual_multiplier is not applied to it");
  CHECK(unscaled[0].field == "residual_multiplier");
}

TEST_CASE("a multiple of the right array, and what multiplies is named") {
  const Model model = layer();
  Matrix got = model.arrays.at("layers.0.mlp#0:out");
  for (double& value : got.values) value *= 0.6;
  const auto causes = model.causes("layers.0.mlp", true, got);
  check_proved(causes, "scaled", "residual_multiplier is 0.6");
}

TEST_CASE("a norm of the other kind") {
  const Model model = layer();
  const Matrix& input = model.arrays.at("layers.0.norm#0:in");
  Matrix centred = input;
  for (std::size_t row = 0; row < input.rows; ++row) {
    double mean = 0;
    for (const double value : input.row(row)) mean += value / features;
    for (double& value : centred.row(row)) value -= mean;
  }
  const Matrix got = normed(centred, model.parameters.at("layers.0.norm.weight"), 1e-3);
  check_proved(model.causes("layers.0.norm", true, got), "norm-kind", "takes the mean off (LayerNorm)");
}

TEST_CASE("the weights of another module") {
  Model model = layer();
  model.parameters["layers.0.mlp.gate_proj.weight"] = random_matrix({features}, 7).values;
  const Matrix got =
      normed(model.arrays.at("layers.0.norm#0:in"), model.parameters.at("layers.0.mlp.gate_proj.weight"), 1e-3);
  check_proved(model.causes("layers.0.norm", true, got), "other-weight", "with the weights of layers.*.mlp.gate_proj");
}

TEST_CASE("the norm's output as the residual, and a term that goes around its module") {
  const Model model = layer();
  Matrix sum = model.arrays.at("layers.0.norm#0:out");
  for (std::size_t i = 0; i < sum.values.size(); ++i) {
    sum.values[i] += 0.6 * model.arrays.at("layers.0.mlp.down_proj#0:out").values[i];
  }
  // The same numbers are the input exchanged for the norm's output, and a norm that is not skipped: one statement.
  check_proved(model.causes("layers.0", true, sum), "term-exchanged",
               "adds layers.*.norm's output where the reference adds layers.*'s input");
}

TEST_CASE("the right norm of a sum, and a sum in the place of one array") {
  const Model model = layer();
  Matrix sum = model.arrays.at("layers.0#0:in");
  for (std::size_t i = 0; i < sum.values.size(); ++i) {
    sum.values[i] += model.arrays.at("layers.0.mlp.up_proj#0:out").values[i];
  }
  const Matrix norm = normed(sum, model.parameters.at("layers.0.norm.weight"), 1e-3);
  check_proved(model.causes("layers.0.mlp", false, norm), "norm-input",
               "takes layers.*.norm of layers.*'s input and layers.*.mlp.up_proj's output");
  check_proved(model.causes("layers.0.mlp", false, sum), "wrong-sum", "the sum of layers.*'s input and");
}

TEST_CASE("a norm applied to what is right already") {
  const Model model = layer();
  const Matrix got =
      normed(model.arrays.at("layers.0.mlp.up_proj#0:out"), model.parameters.at("layers.0.norm.weight"), 1e-3);
  check_proved(model.causes("layers.0.mlp.up_proj", true, got), "norm-extra",
               "applies layers.*.norm to the right array");
}

TEST_CASE("the activation of a product") {
  const Model model = layer();
  Matrix got = model.arrays.at("layers.0.mlp.gate_proj#0:out");
  for (std::size_t i = 0; i < got.values.size(); ++i) {
    const double product = got.values[i] * model.arrays.at("layers.0.mlp.up_proj#0:out").values[i];
    got.values[i] = product / (1 + std::exp(-product));
  }
  check_proved(model.causes("layers.0.mlp.down_proj", false, got), "activation", "silu of the product where");
}

TEST_CASE("a mask in chunks where a window is right") {
  const auto mask = [](bool in_chunks) {
    Matrix result = matrix({tokens, tokens}, std::vector<double>(std::size_t{tokens} * tokens, 0));
    for (std::size_t row = 0; row < tokens; ++row) {
      for (std::size_t key = 0; key <= row; ++key) {
        result.row(row)[key] = (in_chunks ? key / 4 == row / 4 : row - key < 4) ? 1 : 0;
      }
    }
    return result;
  };
  Model model;
  model.config = {{"sliding_window", 4}};
  model.add("layers.0.attn.@attention_mask", "function", "layers.0.attn#0", mask(false), mask(false));
  check_proved(model.causes("layers.0.attn.@attention_mask", false, mask(true)), "mask",
               "sees its chunk of 4 positions where in the reference it sees the last 4 positions");
}

TEST_CASE("the same numbers in another order") {
  const Model model = layer();
  Matrix got = model.arrays.at("layers.0.mlp#0:out");
  std::reverse(got.values.begin(), got.values.end());
  const auto causes = model.causes("layers.0.mlp", true, got);
  REQUIRE(causes.size() == 1);
  CHECK(causes[0].name == "reordered");
  CHECK_FALSE(causes[0].proved);
}

TEST_CASE("an error that no row of the table makes has no cause") {
  const Model model = layer();
  CHECK(model.causes("layers.0.mlp", true, random_matrix({1, tokens, features}, 9)).empty());
  CHECK(model.causes("layers.0.norm", true, random_matrix({1, tokens, features}, 10)).empty());
}

TEST_CASE("docs/causes.md has a row for every cause, in their order") {
  std::ifstream file(std::string(PORTWRIGHT_SOURCE_DIR) + "/docs/causes.md");
  std::vector<std::string> written;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `")) written.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  const std::vector<std::string_view> names = cause_names();
  CHECK(written == std::vector<std::string>(names.begin(), names.end()));
}

}  // namespace portwright::diagnose
