#include "compare/metrics.hpp"

#include <algorithm>
#include <cmath>

namespace portwright::compare {
namespace {

double ratio(double error, double size) { return error == 0 ? 0 : error / size; }

}  // namespace

std::size_t size_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
      return 8;
    case Dtype::f32:
      return 4;
    case Dtype::bf16:
    case Dtype::f16:
      return 2;
  }
  return 0;
}

double Metrics::relative_l2() const { return std::sqrt(ratio(error_squared, want_squared)); }

double Metrics::max_ratio() const { return ratio(max_error, max_want); }

double Metrics::cosine() const {
  if (got_squared == 0 && want_squared == 0) return 1;
  if (got_squared == 0 || want_squared == 0) return 0;
  return std::clamp(dot / (std::sqrt(got_squared) * std::sqrt(want_squared)), -1.0, 1.0);
}

double Metrics::scale() const { return dot / want_squared; }

double worst_row_rms(const Comparison& comparison, std::size_t columns) {
  const auto worst = std::ranges::max_element(comparison.row_error_squared);
  if (worst == comparison.row_error_squared.end() || columns == 0) return 0;
  return std::sqrt(*worst / static_cast<double>(columns));
}

}  // namespace portwright::compare
