#include "diagnose/matrix.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace portwright::diagnose {

Matrix matrix(std::vector<std::int64_t> shape, std::vector<double> values) {
  Matrix result;
  result.columns = shape.empty() || values.empty() ? 1 : static_cast<std::size_t>(shape.back());
  result.rows = values.size() / result.columns;
  result.shape = std::move(shape);
  result.values = std::move(values);
  return result;
}

bool same_size(const Matrix& a, const Matrix& b) { return a.rows == b.rows && a.columns == b.columns; }

double relative_l2(const Matrix& got, const Matrix& want, bool forming) {
  double error = 0;
  double size = 0;
  for (std::size_t row = 0; row < want.rows; ++row) {
    // One row alone has to do for both.
    if (want.rows > 1 && forms(row) != forming) continue;
    const auto g = got.row(row);
    const auto w = want.row(row);
    for (std::size_t i = 0; i < w.size(); ++i) error += (g[i] - w[i]) * (g[i] - w[i]);
    size += dot(w, w);
  }
  return size == 0 ? std::sqrt(error) : std::sqrt(error / size);
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

bool are_close(std::span<const double> got, std::span<const double> want, double most) {
  if (got.size() != want.size()) return false;
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) error += (got[i] - want[i]) * (got[i] - want[i]);
  return error <= most * most * dot(want, want);
}

double product(const Matrix& a, const Matrix& b) {
  double sum = 0;
  for (std::size_t row = 0; row < a.rows; ++row) {
    if (forms(row)) sum += dot(a.row(row), b.row(row));
  }
  return sum;
}

double scale_between(const Matrix& got, const Matrix& want) {
  const double size = product(want, want);
  return size == 0 ? 0 : product(got, want) / size;
}

Matrix scaled_by(Matrix matrix, double factor) {
  for (double& value : matrix.values) value *= factor;
  return matrix;
}

Matrix transposed(const Matrix& from) {
  Matrix result = matrix({static_cast<std::int64_t>(from.columns), static_cast<std::int64_t>(from.rows)},
                         std::vector<double>(from.values.size()));
  for (std::size_t row = 0; row < from.rows; ++row) {
    for (std::size_t i = 0; i < from.columns; ++i) result.row(i)[row] = from.row(row)[i];
  }
  return result;
}

double row_scale(std::span<const double> got, std::span<const double> want) {
  const double size = dot(want, want);
  return size == 0 ? 0 : dot(got, want) / size;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace portwright::diagnose
