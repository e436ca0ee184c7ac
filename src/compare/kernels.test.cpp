// Every vector kernel against the scalar one, which is checked against arithmetic done by hand in metrics.test.cpp.
#include "compare/kernels.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "compare/random_tensors.hpp"

using namespace portwright::compare;

namespace {

constexpr std::array<Dtype, 4> dtypes{Dtype::f64, Dtype::f32, Dtype::bf16, Dtype::f16};

// Sums of the same numbers in another order.
bool close(double one, double other, double size) { return std::abs(one - other) <= 1e-12 * size; }

void check_same(const Sums& vector, const Sums& scalar) {
  CHECK(close(vector.error_squared, scalar.error_squared, scalar.error_squared));
  CHECK(close(vector.want_squared, scalar.want_squared, scalar.want_squared));
  CHECK(close(vector.got_squared, scalar.got_squared, scalar.got_squared));
  const double size = std::sqrt(scalar.got_squared * scalar.want_squared);
  CHECK(close(vector.dot, scalar.dot, size));
  CHECK(close(vector.sum_error, scalar.sum_error, 1024 * scalar.max_error));
  CHECK(vector.max_error == scalar.max_error);
  CHECK(vector.max_want == scalar.max_want);
}

}  // namespace

TEST_CASE("the vector kernels run here") {
  REQUIRE_FALSE(available_kernels().empty());
  CHECK(available_kernels().front()->target == "scalar");
  CHECK(kernel_target() == available_kernels().back()->target);
#if defined(__aarch64__)
  CHECK(kernel_target() == "NEON");
#elif defined(__x86_64__)
  const bool has_vectors =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  CHECK(kernel_target() == (has_vectors ? "AVX2" : "scalar"));
  if (has_vectors) {
    // No kernel of the fast table is the scalar one under another name.
    for (std::size_t i = 0; i < dtype_count; ++i) {
      CHECK((available_kernels().back()->widen[i] != scalar_kernels.widen[i]));
      for (std::size_t k = 0; k < dtype_count; ++k) {
        CHECK((available_kernels().back()->sum_piece[i][k] != scalar_kernels.sum_piece[i][k]));
      }
    }
  }
#endif
}

TEST_CASE("sums agree for every pair of dtypes, every length up to several vectors, and odd addresses") {
  std::mt19937_64 random(1);
  for (const Kernels* kernels : available_kernels().subspan(1)) {
    for (const Dtype got : dtypes) {
      for (const Dtype want : dtypes) {
        for (std::size_t count = 0; count < 70; ++count) {
          CAPTURE(std::string(kernels->target));
          CAPTURE(index_of(got));
          CAPTURE(index_of(want));
          CAPTURE(count);
          const Tensor one = Tensor(got, 1, count, random() % 9).fill(random);
          const Tensor other = Tensor(want, 1, count, random() % 9).fill(random, 100);
          check_same(
              kernels->sum_piece[index_of(got)][index_of(want)](one.view().data, other.view().data, count),
              scalar_kernels.sum_piece[index_of(got)][index_of(want)](one.view().data, other.view().data, count));
        }
      }
    }
  }
}

TEST_CASE("a whole piece of tiny, huge and subnormal numbers") {
  std::mt19937_64 random(2);
  for (const Kernels* kernels : available_kernels().subspan(1)) {
    for (const Dtype dtype : dtypes) {
      for (const double size : {1e-40, 1e-7, 1e4, 1e30}) {
        CAPTURE(index_of(dtype));
        CAPTURE(size);
        if (dtype == Dtype::f16 && size > 1e4) continue;
        const Tensor got = Tensor(dtype, 1, piece_elements).fill(random, size);
        const Tensor want = Tensor(dtype, 1, piece_elements).fill(random, size);
        const std::size_t i = index_of(dtype);
        check_same(kernels->sum_piece[i][i](got.view().data, want.view().data, piece_elements),
                   scalar_kernels.sum_piece[i][i](got.view().data, want.view().data, piece_elements));
      }
    }
  }
}

TEST_CASE("all 65,536 values of the narrow dtypes widen alike") {
  std::vector<std::uint16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  for (const Kernels* kernels : available_kernels().subspan(1)) {
    for (const Dtype dtype : {Dtype::bf16, Dtype::f16}) {
      std::vector<double> vector(all.size());
      std::vector<double> scalar(all.size());
      kernels->widen[index_of(dtype)](all.data(), all.size(), vector.data());
      scalar_kernels.widen[index_of(dtype)](all.data(), all.size(), scalar.data());
      std::size_t differ = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const bool same = vector[i] == scalar[i] && std::signbit(vector[i]) == std::signbit(scalar[i]);
        if (!same && !(std::isnan(vector[i]) && std::isnan(scalar[i]))) ++differ;
      }
      CHECK(differ == 0);
    }
  }
}

TEST_CASE("an element that is not finite shows in a squared sum wherever it stands") {
  for (const Kernels* kernels : available_kernels().subspan(1)) {
    for (const Dtype dtype : dtypes) {
      for (const double value : {infinity, -infinity, std::nan("")}) {
        for (std::size_t at = 0; at < 37; ++at) {
          Tensor broken(dtype, 1, 37);
          broken.set(at, value);
          const Tensor whole(dtype, 1, 37);
          const std::size_t i = index_of(dtype);
          const Sums one = kernels->sum_piece[i][i](broken.view().data, whole.view().data, 37);
          const Sums other = kernels->sum_piece[i][i](whole.view().data, broken.view().data, 37);
          CHECK_FALSE(std::isfinite(one.error_squared + one.want_squared + one.got_squared));
          CHECK_FALSE(std::isfinite(other.error_squared + other.want_squared + other.got_squared));
        }
      }
    }
  }
}

TEST_CASE("the two best agree, with ties, NaN and infinities") {
  std::mt19937_64 random(3);
  for (const Kernels* kernels : available_kernels().subspan(1)) {
    for (int round = 0; round < 2000; ++round) {
      std::vector<double> values(random() % 40);
      for (double& value : values) {
        const std::uint64_t kind = random() % 20;
        value = static_cast<double>(random() % 7) - 3;
        if (kind == 0) value = std::nan("");
        if (kind == 1) value = -infinity;
        if (kind == 2 && round % 2 == 0) value = infinity;
      }
      const TopTwo vector = kernels->top_two(values.data(), values.size());
      const TopTwo scalar = scalar_kernels.top_two(values.data(), values.size());
      CHECK(vector.best == scalar.best);
      CHECK(vector.second == scalar.second);
      CHECK(vector.has_nan == scalar.has_nan);
    }
  }
}

TEST_CASE("the partition sums agree") {
  std::mt19937_64 random(4);
  for (const Kernels* kernels : available_kernels().subspan(1)) {
    for (std::size_t count = 1; count < 100; ++count) {
      CAPTURE(count);
      const Tensor got = Tensor(Dtype::f64, 1, count).fill(random, 10);
      const Tensor want = Tensor(Dtype::f64, 1, count).fill(random, 300);
      const auto* g = static_cast<const double*>(got.view().data);
      const auto* w = static_cast<const double*>(want.view().data);
      const double g_max = scalar_kernels.top_two(g, count).best;
      const double w_max = scalar_kernels.top_two(w, count).best;
      const Partition vector = kernels->partition(g, g_max, w, w_max, count);
      const Partition scalar = scalar_kernels.partition(g, g_max, w, w_max, count);
      CHECK(close(vector.got, scalar.got, scalar.got));
      CHECK(close(vector.want, scalar.want, scalar.want));
      CHECK(close(vector.weighted, scalar.weighted, 1 + std::abs(scalar.weighted)));
    }
  }
}
