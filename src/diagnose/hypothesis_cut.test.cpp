#include <doctest/doctest.h>

#include "diagnose/layout.hpp"
#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t cut_positions = 10;
constexpr std::size_t cut_heads = 3;
constexpr std::size_t cut_width = 4;
const Shape cut_by_head{1, cut_heads, cut_positions, cut_width};

// Features `first` to `first + cut_width` of each head's `apart`, or one in `step`.
Matrix cut(const Matrix& fused, std::size_t first, std::size_t apart, std::size_t step = 1) {
  Matrix result = random_matrix(cut_by_head, 9);
  for (std::size_t head = 0; head < cut_heads; ++head) {
    for (std::size_t position = 0; position < cut_positions; ++position) {
      for (std::size_t i = 0; i < cut_width; ++i) {
        result.row(head * cut_positions + position)[i] = fused.row(position)[first + head * apart + i * step];
      }
    }
  }
  return result;
}

// Keys and values of each head side by side in one projection; the values go to attention.
Model latent_attention(const Matrix& fused) {
  Model model;
  const Matrix input = random_matrix({1, cut_positions, 5}, 1);
  model.add("layers.0.attn", "Attention", "(root)#0", input, input);
  model.add("layers.0.attn.kv_b_proj", "Linear", "layers.0.attn#0", input, fused);
  model.add("layers.0.attn.@attention_value", "function", "layers.0.attn#0", cut(fused, cut_width, 2 * cut_width),
            input);
  return model;
}

}  // namespace

TEST_CASE("values from the other half of each head, from another block, and with the heads innermost") {
  const Matrix fused = random_matrix({1, cut_positions, 2 * cut_heads * cut_width}, 2);
  const Model model = latent_attention(fused);
  const auto causes = [&](const Matrix& got) { return model.causes("layers.0.attn.@attention_value", false, got); };
  check_proved(
      causes(cut(fused, 0, 2 * cut_width)), "cut-elsewhere",
      "features 0 to 3 of each 8 of layers.*.attn.kv_b_proj's output here where the reference takes features 4 to "
      "7 of each 8");
  check_proved(causes(cut(fused, cut_heads * cut_width, cut_width)), "cut-elsewhere", "takes features 12 to 23 of");
  check_proved(causes(cut(fused, 0, 1, cut_heads)), "cut-elsewhere", "takes one feature in 3 for a head of");
}

TEST_CASE("an array that is in no projection is cut from none") {
  const Matrix fused = random_matrix({1, cut_positions, 2 * cut_heads * cut_width}, 2);
  const Model model = latent_attention(fused);
  CHECK(model.causes("layers.0.attn.@attention_value", false, random_matrix(cut_by_head, 5)).empty());
}

}  // namespace portwright::diagnose
