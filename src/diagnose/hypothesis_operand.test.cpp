#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "diagnose/layout.hpp"
#include "diagnose/rotation.hpp"
#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t length = 10;
constexpr std::size_t head_count = 3;
constexpr std::size_t head_width = 8;
const Shape by_head{1, head_count, length, head_width};

// Halves, theta 100, the first `turned_features` of a head.
Matrix rotated(const Matrix& array, std::size_t turned_features, double scale, TurnedBy by = TurnedBy::position) {
  Matrix result = array;
  for (std::size_t head = 0; head < head_count; ++head) {
    for (std::size_t position = 0; position < length; ++position) {
      const std::size_t row = head * length + position;
      const auto index = static_cast<double>(by == TurnedBy::position ? position : head);
      for (std::size_t i = 0; i < head_width; ++i) result.row(row)[i] = scale * array.row(row)[i];
      for (std::size_t pair = 0; pair < turned_features / 2; ++pair) {
        const double angle =
            index * std::pow(100.0, -2.0 * static_cast<double>(pair) / static_cast<double>(turned_features));
        const double a = array.row(row)[pair];
        const double b = array.row(row)[pair + turned_features / 2];
        result.row(row)[pair] = scale * (a * std::cos(angle) - b * std::sin(angle));
        result.row(row)[pair + turned_features / 2] = scale * (b * std::cos(angle) + a * std::sin(angle));
      }
    }
  }
  return result;
}

// Two layers: queries are turned in the first and not in the second. Half of a head is turned.
Model turning_attention() {
  Model model;
  for (int layer = 0; layer < 2; ++layer) {
    const std::string path = "layers." + std::to_string(layer) + ".attn";
    const Matrix input = random_matrix({1, length, 5}, 1);
    const Matrix query = random_matrix({1, length, head_count * head_width}, 2 + static_cast<unsigned>(layer));
    const Matrix heads = *arranged(query, by_head, length);
    model.add(path, "Attention", "(root)#0", input, input);
    model.add(path + ".q_proj", "Linear", path + "#0", input, query);
    const Matrix given = layer == 0 ? rotated(heads, 4, 0.5) : rotated(heads, 0, 0.5);
    model.add(path + ".@attention", "function", path + "#0", given,
              random_matrix({1, length, head_count, head_width}, 9));
  }
  return model;
}

Matrix query_of(const Model& model, int layer, Heads heads = Heads::outermost) {
  return *arranged(model.arrays.at("layers." + std::to_string(layer) + ".attn.q_proj#0:out"), by_head, length, heads);
}

}  // namespace

TEST_CASE("a rotation is read off arrays before and after it, with what it leaves alone") {
  const Model model = turning_attention();
  const auto rotation =
      rotation_between(query_of(model, 0), model.arrays.at("layers.0.attn.@attention#0:in"), length, 1e-9);
  REQUIRE(rotation);
  CHECK(rotation->turned == 4);
  CHECK_FALSE(rotation->neighbours);
  CHECK(rotation->rest == doctest::Approx(0.5));
  CHECK(std::arg(rotation->factors[6]) == doctest::Approx(3));  // position 3, first pair
  CHECK_FALSE(rotation_between(query_of(model, 0), random_matrix(by_head, 8), length, 1e-9));
  CHECK_FALSE(rotation_between(query_of(model, 1), model.arrays.at("layers.1.attn.@attention#0:in"), length, 1e-9));
}

TEST_CASE("queries that are not turned, turned where they should not be, or by another number") {
  const Model model = turning_attention();
  const std::string first = "layers.0.attn.@attention";
  check_proved(model.causes(first, false, rotated(query_of(model, 0), 0, 0.5)), "rope-missing",
               "does not turn the queries");
  check_proved(model.causes("layers.1.attn.@attention", false, rotated(query_of(model, 1), 4, 0.5)), "rope-extra",
               "by their position, where the reference does not");
  check_proved(model.causes(first, false, rotated(query_of(model, 0), 4, 0.5, TurnedBy::head)), "rope-by-head",
               "by the number of their head");
}

TEST_CASE("the other end of each head turned, and values turned like keys") {
  Model model = turning_attention();
  const Matrix from = query_of(model, 0);
  Matrix swapped = from;  // the first half of each head last, and back behind the rotation
  const auto swap_halves = [](Matrix& array) {
    for (std::size_t row = 0; row < array.rows; ++row) {
      std::rotate(array.row(row).begin(), array.row(row).begin() + head_width / 2, array.row(row).end());
    }
  };
  swap_halves(swapped);
  Matrix got = rotated(swapped, 4, 0.5);
  swap_halves(got);
  check_proved(model.causes("layers.0.attn.@attention", false, got), "rope-partial",
               "the last 4 features of the queries");

  const Matrix heads = query_of(model, 1);
  model.add("layers.0.attn.@attention_key", "function", "layers.0.attn#0", rotated(from, 4, 1), from);
  model.add("layers.1.attn.@attention_value", "function", "layers.1.attn#0", heads, heads);
  check_proved(model.causes("layers.1.attn.@attention_value", false, rotated(heads, 4, 1)), "rope-extra",
               "turns the values of these layers");
}

TEST_CASE("a projection cut into heads with the heads innermost") {
  const Model model = turning_attention();
  check_proved(model.causes("layers.0.attn.@attention", false, rotated(query_of(model, 0, Heads::innermost), 4, 0.5)),
               "head-layout", "layers.*.attn.q_proj's output is cut");
}

TEST_CASE("a bias that is lost before the heads are turned") {
  Model model = turning_attention();
  const std::vector<double> bias = random_matrix({head_count * head_width}, 5).values;
  model.parameters["layers.0.attn.q_proj.bias"] = bias;
  Matrix query = model.arrays.at("layers.0.attn.q_proj#0:out");
  for (std::size_t i = 0; i < query.values.size(); ++i) query.values[i] -= bias[i % bias.size()];
  check_proved(model.causes("layers.0.attn.@attention", false, rotated(*arranged(query, by_head, length), 4, 0.5)),
               "bias-dropped", "does not add layers.*.attn.q_proj.bias");
}

TEST_CASE("a norm and a rotation in the wrong order") {
  Model model;
  const Matrix input = random_matrix({1, length, 5}, 1);
  const Matrix query = random_matrix({1, length, head_count * head_width}, 2);
  const Matrix heads = *arranged(query, by_head, length);
  const Matrix normed = random_matrix(by_head, 3);
  model.add("layers.0.attn", "Attention", "(root)#0", input, input);
  model.add("layers.0.attn.q_proj", "Linear", "layers.0.attn#0", input, query);
  model.add("layers.0.attn.q_norm", "RMSNorm", "layers.0.attn#0", heads, normed);
  model.add("layers.0.attn.@attention", "function", "layers.0.attn#0", rotated(normed, 4, 0.5),
            random_matrix({1, length, head_count, head_width}, 9));
  check_proved(model.causes("layers.0.attn.q_norm", false, rotated(heads, 4, 1)), "rope-order",
               "turns before it normalises");
}

TEST_CASE("arrays change their layout and back") {
  const Matrix flat = random_matrix({1, length, head_count * head_width}, 4);
  const Matrix heads = *arranged(flat, by_head, length);
  CHECK(heads.row(1 * length + 2)[3] == flat.row(2)[1 * head_width + 3]);
  CHECK(arranged(heads, flat.shape, length)->values == flat.values);
  CHECK(arranged(flat, by_head, length, Heads::innermost)->row(1 * length + 2)[3] == flat.row(2)[3 * head_count + 1]);
  CHECK_FALSE(arranged(random_matrix({1, length, 5}, 1), by_head, length));
}

TEST_CASE("a projection reshaped into heads of positions as it lies in memory") {
  const Model model = turning_attention();
  const Matrix& flat = model.arrays.at("layers.0.attn.q_proj#0:out");
  check_proved(model.causes("layers.0.attn.@attention", false, rotated(matrix(by_head, flat.values), 4, 0.5)),
               "head-layout", "where heads and positions have to be exchanged");
}

TEST_CASE(
    "queries of a fused projection: turned by another number or not at all, without a bias, cut into heads otherwise") {
  const Matrix input = random_matrix({1, length, 5}, 1);
  const Matrix fused = random_matrix({1, length, 3 * head_count * head_width}, 2);
  const std::vector<double> bias = random_matrix({3 * head_count * head_width}, 5).values;
  // The second of three blocks.
  const auto block = [&](double of_bias) {
    Matrix own{{1, length, head_count * head_width}, length, head_count * head_width, {}};
    for (std::size_t row = 0; row < length; ++row) {
      for (std::size_t i = own.columns; i < 2 * own.columns; ++i) {
        own.values.push_back(fused.row(row)[i] + of_bias * bias[i]);
      }
    }
    return own;
  };
  const Matrix heads = *arranged(block(0), by_head, length);
  Model model;
  model.parameters["layers.0.attn.Wqkv.bias"] = bias;
  model.add("layers.0.attn", "Attention", "(root)#0", input, input);
  model.add("layers.0.attn.Wqkv", "Linear", "layers.0.attn#0", input, fused);
  model.add("layers.0.attn.@attention", "function", "layers.0.attn#0", rotated(heads, 4, 0.5), input);
  model.calls.back().scalars = {{"scale", 0.5}};
  const auto causes = [&](const Matrix& got) { return model.causes("layers.0.attn.@attention", false, got); };
  check_proved(causes(rotated(heads, 4, 0.5, TurnedBy::head)), "rope-by-head", "by the number of their head");
  check_proved(causes(rotated(heads, 0, 0.5)), "rope-missing", "does not turn the queries");
  check_proved(causes(rotated(*arranged(block(-1), by_head, length), 4, 0.5)), "bias-dropped",
               "does not add layers.*.attn.Wqkv.bias");
  check_proved(causes(rotated(*arranged(block(0), by_head, length, Heads::innermost), 4, 0.5)), "head-layout",
               "with the heads innermost");
  CHECK(causes(rotated(random_matrix(by_head, 6), 4, 0.5)).empty());
}

TEST_CASE("queries of a fused projection that are clipped on one side alone, or not at all") {
  constexpr double bound = 0.8;
  const Matrix input = random_matrix({1, length, 5}, 1);
  const Matrix fused = random_matrix({1, length, 3 * head_count * head_width}, 2);
  // The second of three blocks.
  const auto given = [&](double least, double most) {
    Matrix block{{1, length, head_count * head_width}, length, head_count * head_width, {}};
    for (std::size_t row = 0; row < length; ++row) {
      for (std::size_t i = 0; i < block.columns; ++i) {
        block.values.push_back(std::clamp(fused.row(row)[block.columns + i], least, most));
      }
    }
    return rotated(*arranged(block, by_head, length), 4, 0.5);
  };
  Model model;
  model.config = {{"attn_config", {{"clip_qkv", bound}}}};
  model.add("layers.0.attn", "Attention", "(root)#0", input, input);
  model.add("layers.0.attn.Wqkv", "Linear", "layers.0.attn#0", input, fused);
  model.add("layers.0.attn.@attention", "function", "layers.0.attn#0", given(-bound, bound), input);
  const auto causes = [&](double least, double most) {
    return model.causes("layers.0.attn.@attention", false, given(least, most));
  };
  check_proved(causes(-100, 100), "not-clipped",
               "the queries are not clipped where config attn_config.clip_qkv says 0.8");
  check_proved(causes(-100, bound), "not-clipped", "the queries are clipped from above alone");
  CHECK(model.causes("layers.0.attn.@attention", false, random_matrix(by_head, 5)).empty());
}

}  // namespace portwright::diagnose
