#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "compare/kernels.hpp"
#include "compare/random_tensors.hpp"

using namespace portwright::compare;

namespace {

LogitsComparison logits(const std::vector<double>& got, const std::vector<double>& want, std::size_t rows = 1) {
  const std::size_t columns = want.size() / rows;
  return compare_logits({Dtype::f64, got.data(), rows, columns}, {Dtype::f64, want.data(), rows, columns});
}

// The definition, term by term, in more digits than float64 has (where long double is longer).
double divergence(const double* got, const double* want, std::size_t count) {
  const auto normaliser = [count](const double* row) {
    long double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += std::exp(static_cast<long double>(row[i]));
    return std::log(sum);
  };
  const long double got_log = normaliser(got);
  const long double want_log = normaliser(want);
  long double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += std::exp(want[i] - want_log) * ((want[i] - want_log) - (got[i] - got_log));
  }
  return static_cast<double>(sum);
}

}  // namespace

TEST_CASE("divergence by hand: a fair coin against one of 1 in 4") {
  const LogitsComparison result = logits({std::log(1.0), std::log(3.0), 7, 7}, {0, 0, 5, 5}, 2);
  CHECK(result.kl[0] == doctest::Approx(0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3)));
  CHECK(result.kl[1] == 0);
}

TEST_CASE("the best tokens and the margin; ties go to the lower index") {
  const LogitsComparison result = logits({1, 5, 5, 2, 0, 0, 0, 0}, {1, 2, 7, 4, 3, -1, 3, 2}, 2);
  CHECK(result.got_top == std::vector<std::uint32_t>{1, 0});
  CHECK(result.want_top == std::vector<std::uint32_t>{2, 0});
  CHECK(result.want_margin == std::vector<double>{3, 0});
  CHECK(logits({1}, {2}).want_margin.front() == infinity);
  CHECK(logits({1}, {2}).kl.front() == 0);
}

TEST_CASE("the two best of a long row, wherever they stand") {
  for (const std::size_t first : {0U, 100U, 1023U, 1024U, 2999U}) {
    for (const std::size_t second : {1U, 101U, 1022U, 1025U, 2500U}) {
      CAPTURE(first);
      CAPTURE(second);
      std::vector<double> row(3000, -1);
      row[first] = 5;
      row[second] = 3;
      const LogitsComparison apart = logits(row, row);
      CHECK(apart.want_top.front() == first);
      CHECK(apart.want_margin.front() == 2);
      row[second] = 5;
      const LogitsComparison tied = logits(row, row);
      CHECK(tied.want_top.front() == std::min(first, second));
      CHECK(tied.want_margin.front() == 0);
    }
  }
}

TEST_CASE("logits shifted by a constant are the same distribution, however large they are") {
  CHECK(logits({1e6, 1e6 + 1, 1e6 - 2}, {0, 1, -2}).kl.front() == doctest::Approx(0).epsilon(1e-12));
  CHECK(logits({-1e6, -1e6 + 1}, {1e6, 1e6 + 1}).kl.front() == doctest::Approx(0));
  CHECK(logits({0, 2000}, {2000, 0}).kl.front() == doctest::Approx(2000));
}

TEST_CASE("masked tokens, NaN and infinities") {
  CHECK(logits({0, -infinity, 1}, {0, -infinity, 1}).kl.front() == 0);
  CHECK(logits({0, 3, 1}, {0, -infinity, 1}).kl.front() > 0.5);
  CHECK(logits({0, -infinity, 1}, {0, 3, 1}).kl.front() == infinity);
  CHECK(std::isnan(logits({0, std::nan(""), 1}, {0, 3, 1}).kl.front()));
  CHECK(std::isnan(logits({0, 2, 1}, {0, std::nan(""), 1}).kl.front()));
  CHECK(std::isnan(logits({0, infinity, 1}, {0, 3, 1}).kl.front()));
  CHECK(std::isnan(logits({-infinity, -infinity}, {0, 3}).kl.front()));
  CHECK(logits({std::nan(""), 2, 1}, {0, 3, 1}).got_top.front() == 1);
}

TEST_CASE("divergence agrees with its definition, down to what float32 parity leaves") {
  std::mt19937_64 random(6);
  for (const double error : {1.0, 1e-2, 1e-5}) {
    const std::size_t columns = 5003;
    std::normal_distribution<double> normal(0, 3);
    std::normal_distribution<double> noise(0, error);
    std::vector<double> want(columns);
    std::vector<double> got(columns);
    for (std::size_t i = 0; i < columns; ++i) {
      want[i] = normal(random);
      got[i] = want[i] + noise(random);
    }
    CAPTURE(error);
    const double expected = divergence(got.data(), want.data(), columns);
    CHECK(std::abs(logits(got, want).kl.front() - expected) < 1e-9 * expected + 4e-15);
  }
}

TEST_CASE("the same bits whatever the number of threads, and the scalar kernels agree, for every dtype") {
  std::mt19937_64 random(7);
  for (const Dtype dtype : {Dtype::f64, Dtype::f32, Dtype::bf16, Dtype::f16}) {
    const Tensor got = Tensor(dtype, 13, 1027, 1).fill(random, 4);
    const Tensor want = Tensor(Dtype::f32, 13, 1027).fill(random, 4);
    const Kernels& fast = *available_kernels().back();
    const LogitsComparison one = compare_logits_with(fast, 1, got.view(), want.view());
    const LogitsComparison three = compare_logits_with(fast, 3, got.view(), want.view());
    const LogitsComparison plain = compare_logits_with(scalar_kernels, 1, got.view(), want.view());
    CHECK(std::memcmp(one.kl.data(), three.kl.data(), one.kl.size() * sizeof(double)) == 0);
    CHECK(one.got_top == three.got_top);
    CHECK(one.got_top == plain.got_top);
    CHECK(one.want_top == plain.want_top);
    CHECK(one.want_margin == plain.want_margin);
    for (std::size_t row = 0; row < one.kl.size(); ++row) {
      CHECK(one.kl[row] == doctest::Approx(plain.kl[row]).epsilon(1e-12));
    }
  }
}
