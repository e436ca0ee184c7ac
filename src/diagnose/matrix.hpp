// A captured array in float64, as rows (positions, batch rows, experts of a row flattened) of features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace portwright::diagnose {

struct Matrix {
  std::vector<std::int64_t> shape;  // as captured; its last axis is the columns
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values;  // row by row

  [[nodiscard]] std::span<const double> row(std::size_t index) const {
    return std::span(values).subspan(index * columns, columns);
  }
  [[nodiscard]] std::span<double> row(std::size_t index) { return std::span(values).subspan(index * columns, columns); }
};
[[nodiscard]] Matrix matrix(std::vector<std::int64_t> shape, std::vector<double> values);

// The same number of rows and columns, whatever the leading axes.
[[nodiscard]] bool same_size(const Matrix& a, const Matrix& b);

// A hypothesis takes its numbers from these rows and is proved on the others.
[[nodiscard]] inline bool forms(std::size_t row) { return row % 2 == 0; }

// Relative L2 of `got` against `want` over the rows that form (or those that prove).
[[nodiscard]] double relative_l2(const Matrix& got, const Matrix& want, bool forming);

[[nodiscard]] double dot(std::span<const double> a, std::span<const double> b);

// Whether as many numbers differ by at most this much, in relative L2 of `want`.
[[nodiscard]] bool are_close(std::span<const double> got, std::span<const double> want, double most);

// Sum of the products of all elements, and least squares a in got = a * want (0 where `want` is 0): over the rows that
// form.
[[nodiscard]] double product(const Matrix& a, const Matrix& b);
[[nodiscard]] double scale_between(const Matrix& got, const Matrix& want);

[[nodiscard]] Matrix scaled_by(Matrix matrix, double factor);

// Rows as columns, as a plain table of two axes.
[[nodiscard]] Matrix transposed(const Matrix& from);

// Least squares a in got = a * want over one row; 0 where `want` is 0.
[[nodiscard]] double row_scale(std::span<const double> got, std::span<const double> want);

// The middle value; 0 of none.
[[nodiscard]] double median(std::vector<double> values);

}  // namespace portwright::diagnose
