#include <doctest/doctest.h>

#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t square_width = 6;

Matrix times(const Matrix& input, const std::vector<double>& weight, bool is_transposed) {
  Matrix out = input;
  for (std::size_t row = 0; row < input.rows; ++row) {
    for (std::size_t i = 0; i < square_width; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < square_width; ++j) {
        sum += input.row(row)[j] * weight[is_transposed ? j * square_width + i : i * square_width + j];
      }
      out.row(row)[i] = sum;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a square weight whose transpose the port computes with, of a linear layer and of one stored the other way") {
  const Matrix input = random_matrix({1, 10, square_width}, 1);
  const std::vector<double> weight = random_matrix({square_width, square_width}, 2).values;
  for (const bool stored_transposed : {false, true}) {
    CAPTURE(stored_transposed);
    Model model;
    model.add("layers.0.attn.c_proj", "Linear", "layers.0.attn#0", input, times(input, weight, stored_transposed));
    model.parameters["layers.0.attn.c_proj.weight"] = weight;
    check_proved(model.causes("layers.0.attn.c_proj", true, times(input, weight, !stored_transposed)), "weight-order",
                 "the port computes with the transpose of layers.*.attn.c_proj.weight");
    CHECK(model.causes("layers.0.attn.c_proj", true, random_matrix({1, 10, square_width}, 3)).empty());
  }
}

TEST_CASE("logits of the embedding's weight, which the model divides by a number") {
  const Matrix hidden = random_matrix({1, 10, square_width}, 1);
  const std::vector<double> head = random_matrix({square_width, square_width}, 2).values;
  const std::vector<double> embedding = random_matrix({square_width, square_width}, 3).values;
  const Matrix logits = times(hidden, head, false);
  Model model;
  model.add("(root)", "Model", "", hidden, scaled_by(logits, 0.125));
  model.add("embed_tokens", "Embedding", "(root)#0", hidden, hidden);
  model.add("lm_head", "Linear", "(root)#0", hidden, logits);
  model.parameters["lm_head.weight"] = head;
  model.parameters["embed_tokens.weight"] = embedding;
  check_proved(model.causes("(root)", true, scaled_by(times(hidden, embedding, false), 0.125)), "other-weight",
               "computes lm_head with the weights of embed_tokens");
  CHECK(model.causes("(root)", true, random_matrix({1, 10, square_width}, 4)).empty());
}

}  // namespace portwright::diagnose
