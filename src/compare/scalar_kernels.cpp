// The kernels in plain C++: what runs where no vector kernel can, and what those are tested against.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "compare/kernels.hpp"

namespace portwright::compare {
namespace {

template <class Bits>
Bits load_bits(const void* from, std::size_t index) {
  Bits bits{};
  std::memcpy(&bits, static_cast<const char*>(from) + index * sizeof(Bits), sizeof(Bits));
  return bits;
}

double half_to_double(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t mantissa = bits & 0x3FFU;
  if (exponent == 0) {
    const double subnormal = std::ldexp(static_cast<double>(mantissa), -24);
    return sign != 0 ? -subnormal : subnormal;
  }
  const std::uint32_t wide_exponent = exponent == 0x1FU ? 0xFFU : exponent + (127 - 15);
  return double{std::bit_cast<float>(sign | (wide_exponent << 23U) | (mantissa << 13U))};
}

template <Dtype dtype>
double element(const void* from, std::size_t index) {
  if constexpr (dtype == Dtype::f64) return load_bits<double>(from, index);
  if constexpr (dtype == Dtype::f32) return double{load_bits<float>(from, index)};
  if constexpr (dtype == Dtype::bf16) {
    return double{std::bit_cast<float>(std::uint32_t{load_bits<std::uint16_t>(from, index)} << 16U)};
  }
  if constexpr (dtype == Dtype::f16) return half_to_double(load_bits<std::uint16_t>(from, index));
}

bool same_not_finite(double got, double want) { return got == want || (std::isnan(got) && std::isnan(want)); }

template <Dtype got_dtype, Dtype want_dtype>
Sums sum_piece(const void* got, const void* want, std::size_t count) {
  Sums sums;
  for (std::size_t i = 0; i < count; ++i) {
    const double g = element<got_dtype>(got, i);
    const double w = element<want_dtype>(want, i);
    if (!std::isfinite(g) || !std::isfinite(w)) {
      ++sums.left_out;
      if (!same_not_finite(g, w)) ++sums.not_finite;
      continue;
    }
    const double error = g - w;
    sums.error_squared += error * error;
    sums.want_squared += w * w;
    sums.got_squared += g * g;
    sums.dot += g * w;
    sums.sum_error += error;
    sums.max_error = std::max(sums.max_error, std::abs(error));
    sums.max_want = std::max(sums.max_want, std::abs(w));
  }
  return sums;
}

template <Dtype dtype>
void widen(const void* from, std::size_t count, double* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = element<dtype>(from, i);
}

TopTwo top_two(const double* values, std::size_t count) {
  TopTwo top{-std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), false};
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isnan(values[i])) {
      top.has_nan = true;
    } else if (values[i] > top.best) {
      top.second = top.best;
      top.best = values[i];
    } else {
      top.second = std::max(top.second, values[i]);
    }
  }
  return top;
}

Partition partition(const double* got, double got_max, const double* want, double want_max, std::size_t count) {
  Partition sums;
  for (std::size_t i = 0; i < count; ++i) {
    const double g = got[i] - got_max;
    const double w = want[i] - want_max;
    const double weight = std::exp(w);
    sums.got += std::exp(g);
    sums.want += weight;
    if (weight > 0) sums.weighted += weight * (w - g);
  }
  return sums;
}

template <Dtype got>
constexpr std::array<Kernels::SumPiece, dtype_count> sums_for() {
  return {sum_piece<got, Dtype::f64>, sum_piece<got, Dtype::f32>, sum_piece<got, Dtype::bf16>,
          sum_piece<got, Dtype::f16>};
}

}  // namespace

constinit const Kernels scalar_kernels{
    "scalar",
    {sums_for<Dtype::f64>(), sums_for<Dtype::f32>(), sums_for<Dtype::bf16>(), sums_for<Dtype::f16>()},
    {widen<Dtype::f64>, widen<Dtype::f32>, widen<Dtype::bf16>, widen<Dtype::f16>},
    top_two,
    partition};

}  // namespace portwright::compare
