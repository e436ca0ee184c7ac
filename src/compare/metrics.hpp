// One pass over two tensors that gives every number a verdict is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace portwright::compare {

enum class Dtype { f64, f32, bf16, f16 };

[[nodiscard]] std::size_t size_of(Dtype dtype);  // bytes of one element

// A mapped tensor seen as rows (positions, batch rows flattened) of `columns` elements (the last axis).
struct View {
  Dtype dtype = Dtype::f32;
  const void* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
};

// Sums are kept in float64. `got` is the tensor judged, `want` the truth. Elements that are NaN or infinite on either
// side are left out of every sum and maximum: a caller looks at `not_finite` and `compared` first.
struct Metrics {
  std::uint64_t count = 0;
  std::uint64_t compared = 0;  // elements finite on both sides
  double error_squared = 0;    // sum (got - want)^2
  double want_squared = 0;     // sum want^2
  double dot = 0;              // sum got * want
  double got_squared = 0;
  double max_error = 0;            // max |got - want|
  double max_want = 0;             // max |want|
  std::uint64_t max_error_at = 0;  // flat index of the first element with that error; 0 where there is no error
  double sum_error = 0;            // sum (got - want): the bias
  std::uint64_t not_finite = 0;    // elements where one side is NaN or infinite and the other is not the same

  [[nodiscard]] double relative_l2() const;  // sqrt(error_squared / want_squared); 0 where both are 0
  [[nodiscard]] double max_ratio() const;    // max|diff| / max|ref|, shown and never gated on; 0 where both are 0
  [[nodiscard]] double cosine() const;       // 1 where both tensors are 0, 0 where one is
  [[nodiscard]] double scale() const;        // least squares a in got = a * want; NaN where want is 0
};

struct Comparison {
  Metrics all;
  std::vector<double> row_error_squared;  // per row; with row_want_squared the error by position
  std::vector<double> row_want_squared;
};

// Root mean square of got - want in the row where it is largest; 0 without rows.
[[nodiscard]] double worst_row_rms(const Comparison& comparison, std::size_t columns);

// The views may have any dtypes and any alignment. The same numbers whatever the number of threads. Throws
// std::invalid_argument where rows or columns differ.
[[nodiscard]] Comparison compare(const View& got, const View& want);

// The elements in float64, row by row.
[[nodiscard]] std::vector<double> values(const View& view);

// KL(want || got) in nats and top-1 agreement per row of logits, in float64 arithmetic.
struct LogitsComparison {
  std::vector<double>
      kl;  // per row; NaN where a row holds NaN or +inf, or -inf alone; +inf where got excludes what want does not
  std::vector<std::uint32_t> got_top;  // argmax per row, NaN aside; ties go to the lower index
  std::vector<std::uint32_t> want_top;
  std::vector<double> want_margin;  // best minus second best logit of `want`; +inf where there is one column
};
// Throws std::invalid_argument where rows or columns differ or there are no columns.
[[nodiscard]] LogitsComparison compare_logits(const View& got, const View& want);

// The instruction set the kernels run with here ("AVX2", "NEON" or "scalar"), for the record and for tests.
[[nodiscard]] std::string_view kernel_target();

}  // namespace portwright::compare
