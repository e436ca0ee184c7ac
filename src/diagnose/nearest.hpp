// Of several predictions the one to be judged.
#pragma once

#include <cmath>
#include <optional>
#include <utility>

#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {

// Keeps the prediction that is nearest to what the port computed, on the rows that form. Another takes its place where
// its error is less than `better` times as large: below 1, of two that are as near as rounding lets them be, the first
// stays.
class Nearest {
 public:
  explicit Nearest(const Matrix& got, double better = 1) : got_(got), better_(better) {}

  void consider(Prediction made) {
    const double error = relative_l2(got_, made.predicted, true);
    if (!(error < better_ * least_)) return;
    least_ = error;
    best_ = std::move(made);
  }
  [[nodiscard]] std::optional<Prediction> best() && { return std::move(best_); }

 private:
  const Matrix& got_;
  double better_;
  double least_ = INFINITY;
  std::optional<Prediction> best_;
};

}  // namespace portwright::diagnose
