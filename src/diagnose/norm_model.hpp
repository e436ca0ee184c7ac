// A norm as the reference computes it, found by computing it: of its input, its stored weight and bias.
#pragma once

#include <optional>
#include <vector>

#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {

struct NormModel {
  Matrix input;
  bool centred = false;        // the mean is taken off (LayerNorm); else the mean square alone divides (RMSNorm)
  std::vector<double> factor;  // of each feature, or of each head's features: the weight, 1 + weight, or ones
  bool adds_one = false;
  std::vector<double> bias;  // likewise; zeros where there is none
  double eps = 0;

  // A feature's value of `factor` or `bias`.
  [[nodiscard]] double at(const std::vector<double>& values, std::size_t row, std::size_t feature) const {
    return values[(row * input.columns + feature) % values.size()];
  }
  [[nodiscard]] Matrix computed() const;
  // The same norm with another stored weight; nothing where its size does not fit.
  [[nodiscard]] std::optional<NormModel> with_weight(const std::vector<double>& weight) const;
};

// Nothing where the scene is not the output of a norm, or of one that computes in another way.
[[nodiscard]] std::optional<NormModel> norm_model(const Scene& scene);

// Of another call of the scene's forward: of a norm in the same layer, say.
[[nodiscard]] std::optional<NormModel> norm_model_of(const Scene& scene, std::size_t call);

// What the norm makes of another input; nothing where its width does not fit.
[[nodiscard]] std::optional<Matrix> applied(NormModel model, const Matrix& input);

// The same norm with the eps that is read off the rows of `got` that form.
[[nodiscard]] double eps_of(const NormModel& model, const Matrix& got, bool all_rows);

// The mean of the squares of a row, of what is left without its mean where the norm takes that off.
[[nodiscard]] double mean_square(std::span<const double> row, bool centred);

}  // namespace portwright::diagnose
