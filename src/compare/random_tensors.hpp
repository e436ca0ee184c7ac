// Tensors of random numbers in any dtype, for tests and benchmarks.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "compare/metrics.hpp"

namespace portwright::compare {

// What no random number is.
inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The element nearest below in size (rounded towards zero), as the dtype's bits.
[[nodiscard]] inline std::uint64_t narrowed(double value, Dtype dtype) {
  if (dtype == Dtype::f64) return std::bit_cast<std::uint64_t>(value);
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  if (dtype == Dtype::f32) return bits;
  if (dtype == Dtype::bf16) return bits >> 16U;
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  if (std::isnan(value)) return sign | 0x7E00U;
  const double size = std::abs(value);
  if (size >= 65536) return sign | 0x7C00U;
  if (size < std::ldexp(1.0, -14)) return sign | static_cast<std::uint32_t>(std::ldexp(size, 24));
  return sign | ((((bits >> 23U) & 0xFFU) - 112U) << 10U) | ((bits >> 13U) & 0x3FFU);
}

// Elements that begin `offset` bytes into the storage: safetensors files promise no alignment.
class Tensor {
 public:
  Tensor(Dtype dtype, std::size_t rows, std::size_t columns, std::size_t offset = 0)
      : dtype_(dtype),
        rows_(rows),
        columns_(columns),
        offset_(offset),
        bytes_(offset + rows * columns * size_of(dtype)) {}

  void set(std::size_t index, double value) {
    const std::uint64_t bits = narrowed(value, dtype_);
    std::memcpy(bytes_.data() + offset_ + index * size_of(dtype_), &bits, size_of(dtype_));  // little-endian
  }
  template <class Random>
  Tensor& fill(Random& random, double deviation = 1) {
    std::normal_distribution<double> normal(0, deviation);  // NOLINT(misc-const-correctness): drawing changes it
    for (std::size_t i = 0; i < rows_ * columns_; ++i) set(i, normal(random));
    return *this;
  }
  [[nodiscard]] View view() const { return {dtype_, bytes_.data() + offset_, rows_, columns_}; }

 private:
  Dtype dtype_;
  std::size_t rows_;
  std::size_t columns_;
  std::size_t offset_;
  std::vector<char> bytes_;
};

}  // namespace portwright::compare
