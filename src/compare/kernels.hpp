// The inner loops, once for each instruction set, behind one table. Internal to this part and its tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "compare/metrics.hpp"

namespace portwright::compare {

constexpr std::size_t dtype_count = 4;
constexpr std::size_t index_of(Dtype dtype) { return static_cast<std::size_t>(dtype); }

// Elements that a kernel sums before its result is looked at. Two pieces of float32 fill a quarter of a first-level
// cache.
constexpr std::size_t piece_elements = 1024;

// Sums over one stretch of elements. The vector kernels do not look at single elements: where one is not finite, so is
// one of the squared sums, and the stretch is summed again by the scalar kernel, which leaves such elements out.
struct Sums {
  double error_squared = 0;
  double want_squared = 0;
  double got_squared = 0;
  double dot = 0;
  double sum_error = 0;
  double max_error = 0;
  double max_want = 0;
  std::uint64_t left_out = 0;    // not finite on at least one side; 0 from vector kernels
  std::uint64_t not_finite = 0;  // as in Metrics; 0 from vector kernels
};

// NaN aside; -inf where there is no such element.
struct TopTwo {
  double best = 0;
  double second = 0;
  bool has_nan = false;
};

// The sums over a row that its KL is made of, with g and w the logits less their row's maximum.
struct Partition {
  double got = 0;       // sum exp g
  double want = 0;      // sum exp w
  double weighted = 0;  // sum exp(w) * (w - g), 0 where exp(w) is
};

struct Kernels {
  using SumPiece = Sums (*)(const void* got, const void* want, std::size_t count);
  using Widen = void (*)(const void* from, std::size_t count, double* to);

  std::string_view target;
  std::array<std::array<SumPiece, dtype_count>, dtype_count> sum_piece;  // [got][want]
  std::array<Widen, dtype_count> widen;
  TopTwo (*top_two)(const double* values, std::size_t count);
  Partition (*partition)(const double* got, double got_max, const double* want, double want_max, std::size_t count);
};

extern const Kernels scalar_kernels;

// Those this processor can run, the plainest (scalar) first and the fastest last.
[[nodiscard]] std::span<const Kernels* const> available_kernels();

// The entry points with the kernels and the number of threads chosen by the caller.
[[nodiscard]] Comparison compare_with(const Kernels& kernels, std::size_t threads, const View& got, const View& want);
[[nodiscard]] LogitsComparison compare_logits_with(const Kernels& kernels, std::size_t threads, const View& got,
                                                   const View& want);

}  // namespace portwright::compare
