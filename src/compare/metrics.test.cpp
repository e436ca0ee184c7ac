#include "compare/metrics.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "compare/kernels.hpp"
#include "compare/random_tensors.hpp"

using namespace portwright::compare;

namespace {

View view(const std::vector<double>& values, std::size_t rows = 1) {
  return {Dtype::f64, values.data(), rows, values.size() / rows};
}

Metrics metrics(const std::vector<double>& got, const std::vector<double>& want) {
  return compare(view(got), view(want)).all;
}

bool same_bits(const std::vector<double>& one, const std::vector<double>& other) {
  return one.size() == other.size() && std::memcmp(one.data(), other.data(), one.size() * sizeof(double)) == 0;
}

}  // namespace

TEST_CASE("metrics by hand") {
  const std::vector<double> got{1, 2, -3, 4};
  const std::vector<double> want{1, 1, -1, 5};
  const Comparison result = compare(view(got, 2), view(want, 2));
  CHECK(result.all.count == 4);
  CHECK(result.all.compared == 4);
  CHECK(result.all.error_squared == 6);
  CHECK(result.all.want_squared == 28);
  CHECK(result.all.got_squared == 30);
  CHECK(result.all.dot == 26);
  CHECK(result.all.max_error == 2);
  CHECK(result.all.max_error_at == 2);
  CHECK(result.all.max_want == 5);
  CHECK(result.all.sum_error == -2);
  CHECK(result.all.not_finite == 0);
  CHECK(result.row_error_squared == std::vector<double>{1, 5});
  CHECK(result.row_want_squared == std::vector<double>{2, 26});
  CHECK(worst_row_rms(result, 3) == doctest::Approx(std::sqrt(5.0 / 3)));
  CHECK(worst_row_rms(Comparison{}, 3) == 0);
  CHECK(result.all.relative_l2() == doctest::Approx(std::sqrt(6.0 / 28)));
  CHECK(result.all.max_ratio() == doctest::Approx(0.4));
  CHECK(result.all.cosine() == doctest::Approx(26 / std::sqrt(28.0 * 30)));
  CHECK(result.all.scale() == doctest::Approx(26.0 / 28));
}

TEST_CASE("equal tensors, zeros and nothing at all") {
  const Metrics equal = metrics({1, -2, 3}, {1, -2, 3});
  CHECK(equal.relative_l2() == 0);
  CHECK(equal.cosine() == doctest::Approx(1));
  CHECK(equal.scale() == 1);
  CHECK(equal.max_error_at == 0);
  const Metrics zeros = metrics({0, 0}, {0, 0});
  CHECK(zeros.relative_l2() == 0);
  CHECK(zeros.max_ratio() == 0);
  CHECK(zeros.cosine() == 1);
  const Metrics from_zero = metrics({1, 0}, {0, 0});
  CHECK(from_zero.relative_l2() == infinity);
  CHECK(from_zero.max_ratio() == infinity);
  CHECK(from_zero.cosine() == 0);
  CHECK(std::isnan(from_zero.scale()));
  CHECK(metrics({}, {}).count == 0);
  CHECK(metrics({}, {}).relative_l2() == 0);
}

TEST_CASE("elements that are not finite are counted and left out of the sums") {
  const Metrics found = metrics({not_a_number, infinity, infinity, 1, 2, not_a_number, -infinity, 5},
                                {1, 2, infinity, not_a_number, 2, not_a_number, infinity, 4});
  CHECK(found.count == 8);
  CHECK(found.compared == 2);
  CHECK(found.not_finite == 4);  // equal infinities and NaN on both sides are the same
  CHECK(found.error_squared == 1);
  CHECK(found.want_squared == 20);
  CHECK(found.max_error == 1);
  CHECK(found.max_error_at == 7);
  CHECK(found.max_want == 4);
}

TEST_CASE("float64 whose squares overflow is not taken for infinite") {
  const Metrics large = metrics({1e200, 1}, {-1e200, 1});
  CHECK(large.not_finite == 0);
  CHECK(large.compared == 2);
  CHECK(large.error_squared == infinity);
  CHECK(large.max_error == 2e200);
  CHECK(large.max_error_at == 0);
}

TEST_CASE("the largest error is found wherever it is, the first of equal ones") {
  for (const std::size_t columns : {1U, 7U, 64U, 1000U, 1024U, 1025U, 70000U, 200001U}) {
    const std::size_t rows = columns > 60000 ? 3 : 50;
    Tensor got(Dtype::f32, rows, columns);
    const Tensor want(Dtype::f32, rows, columns);
    const std::size_t count = rows * columns;
    for (const std::size_t at : {count - 1, count * 2 / 3, count / 2, columns - 1, std::size_t{0}}) {
      CAPTURE(columns);
      CAPTURE(at);
      got.set(at, -2.5);
      const Comparison result = compare(got.view(), want.view());
      CHECK(result.all.max_error == 2.5);
      CHECK(result.all.max_error_at == at);
      CHECK(result.row_error_squared[at / columns] >= 6.25);
    }
  }
}

TEST_CASE("mixed dtypes compare what they hold") {
  Tensor got(Dtype::bf16, 1, 3, 1);
  Tensor want(Dtype::f16, 1, 3, 3);
  const std::array<double, 3> values{1.5, -0.25, 96};
  for (std::size_t i = 0; i < 3; ++i) {
    got.set(i, values[i]);
    want.set(i, values[i] + (i == 1 ? 0.125 : 0));
  }
  const Metrics result = compare(got.view(), want.view()).all;
  CHECK(result.error_squared == 0.015625);
  CHECK(result.max_error_at == 1);
  CHECK(result.sum_error == -0.125);
}

TEST_CASE("the same bits whatever the number of threads, close to the scalar kernels, and rows add up") {
  std::mt19937_64 random(5);
  struct Shape {
    std::size_t rows;
    std::size_t columns;
  };
  for (const auto& [rows, columns] :
       {Shape{1, 300001}, Shape{5, 70000}, Shape{3000, 61}, Shape{70000, 1}, Shape{129, 1024}}) {
    CAPTURE(columns);
    Tensor got = Tensor(Dtype::f32, rows, columns, 1).fill(random);
    const Tensor want = Tensor(Dtype::bf16, rows, columns, 2).fill(random);
    got.set(rows * columns / 2, infinity);
    const Kernels& fast = *available_kernels().back();
    const Comparison one = compare_with(fast, 1, got.view(), want.view());
    for (const std::size_t threads : {2U, 3U, 7U}) {
      const Comparison several = compare_with(fast, threads, got.view(), want.view());
      CHECK(same_bits(several.row_error_squared, one.row_error_squared));
      CHECK(same_bits(several.row_want_squared, one.row_want_squared));
      CHECK(same_bits({several.all.error_squared, several.all.dot, several.all.sum_error, several.all.got_squared},
                      {one.all.error_squared, one.all.dot, one.all.sum_error, one.all.got_squared}));
      CHECK(several.all.max_error_at == one.all.max_error_at);
      CHECK(several.all.not_finite == 1);
    }
    const Comparison plain = compare_with(scalar_kernels, 1, got.view(), want.view());
    CHECK(one.all.error_squared == doctest::Approx(plain.all.error_squared).epsilon(1e-12));
    CHECK(one.all.dot == doctest::Approx(plain.all.dot).epsilon(1e-9));
    CHECK(one.all.max_error_at == plain.all.max_error_at);
    double sum = 0;
    for (const double row : one.row_error_squared) sum += row;
    CHECK(sum == doctest::Approx(one.all.error_squared).epsilon(1e-12));
  }
}

TEST_CASE("tensors of different shape are refused") {
  const std::vector<double> six(6);
  CHECK_THROWS_AS(static_cast<void>(compare(view(six, 2), view(six, 3))), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(compare_logits(view(six, 2), view(six, 3))), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(compare_logits({Dtype::f32, nullptr, 1, 0}, {Dtype::f32, nullptr, 1, 0})),
                  std::invalid_argument);
}
