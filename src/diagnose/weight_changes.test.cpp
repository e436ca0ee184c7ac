#include "diagnose/weight_changes.hpp"

#include <doctest/doctest.h>

#include <numeric>

namespace portwright::diagnose {
namespace {

Matrix counted_up(std::vector<std::int64_t> shape) {
  std::int64_t size = 1;
  for (const std::int64_t n : shape) size *= n;
  std::vector<double> values(static_cast<std::size_t>(size));
  std::iota(values.begin(), values.end(), 1.0);
  return matrix(std::move(shape), std::move(values));
}

TEST_CASE("the other library's layouts are no change") {
  const Matrix stored = counted_up({2, 1, 3});
  CHECK(is_as_stored(matrix({2, 3, 1}, stored.values), stored));
  CHECK(is_as_stored(matrix({2, 2}, {1, 2, 3, 4}), matrix({2, 2}, {1, 2, 3, 4})));
  CHECK(is_as_stored(matrix({3, 2}, {1, 4, 2, 5, 3, 6}), counted_up({2, 3})));
  CHECK_FALSE(change_of(matrix({3, 2}, {1, 4, 2, 5, 3, 6}), counted_up({2, 3})));
}

TEST_CASE("a square matrix that is the other way round is transposed") {
  CHECK(change_of(matrix({2, 2}, {1, 3, 2, 4}), counted_up({2, 2})) == "transposed");
}

TEST_CASE("a convolution's taps may lie backwards, in either layout") {
  CHECK(change_of(matrix({2, 3, 1}, {3, 2, 1, 6, 5, 4}), counted_up({2, 1, 3})) == "its taps backwards");
  CHECK(change_of(matrix({1, 2, 2}, {2, 4, 1, 3}), counted_up({1, 2, 2})) == "its taps backwards");
}

TEST_CASE("rows and columns in another order are told, and which order where it is a usual one") {
  const Matrix stored = counted_up({4, 3});
  CHECK(change_of(matrix({4, 3}, {7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6}), stored) ==
        "its rows its two halves exchanged");
  CHECK(change_of(matrix({4, 3}, {1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12}), stored) ==
        "its rows the two halves of each group taken in turn, groups of 4");
  CHECK(change_of(matrix({4, 3}, {4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 11, 12}), stored) == "its rows in another order");
  CHECK(change_of(matrix({4, 3}, {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10}), stored) == "its columns in another order");
}

TEST_CASE("other numbers are no order of the stored ones") {
  CHECK_FALSE(change_of(matrix({2, 2}, {1, 2, 3, 5}), counted_up({2, 2})));
  CHECK_FALSE(change_of(matrix({2, 2}, {2, 4, 6, 8}), counted_up({2, 2})));
}

}  // namespace
}  // namespace portwright::diagnose
