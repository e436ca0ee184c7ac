#include "diagnose/rotation.hpp"

#include <cmath>

namespace portwright::diagnose {
namespace {

using Complex = std::complex<double>;

Complex pair_of(std::span<const double> row, const Rotation& rotation, std::size_t pair) {
  return {row[rotation.first(pair)], row[rotation.second(pair)]};
}

// Features that come out with one factor at every position, from the end of the head.
std::size_t unturned_tail(const Matrix& before, const Matrix& after, double rest, double tolerance) {
  std::size_t tail = 0;
  for (; tail < before.columns; ++tail) {
    double error = 0;
    double size = 0;
    for (std::size_t row = 0; row < before.rows; ++row) {
      const std::size_t i = before.columns - 1 - tail;
      const double want = rest * before.row(row)[i];
      error += (after.row(row)[i] - want) * (after.row(row)[i] - want);
      size += want * want;
    }
    if (error > tolerance * tolerance * size) break;
  }
  return tail;
}

// Each factor from the head in which the pair is longest.
void read_factors(const Matrix& before, const Matrix& after, const HeadRows& rows, Rotation& rotation) {
  rotation.factors.assign(rotation.positions * rotation.turned / 2, {1, 0});
  for (std::size_t position = 0; position < rotation.positions; ++position) {
    for (std::size_t pair = 0; pair < rotation.turned / 2; ++pair) {
      double longest = 0;
      for (std::size_t head = 0; head < rows.heads; ++head) {
        const std::size_t row = rows.row(head, position);
        const Complex from = pair_of(before.row(row), rotation, pair);
        if (std::norm(from) <= longest) continue;
        longest = std::norm(from);
        rotation.factors[position * rotation.turned / 2 + pair] = pair_of(after.row(row), rotation, pair) / from;
      }
    }
  }
}

double error_of(const Matrix& got, const Matrix& want) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < want.values.size(); ++i) {
    error += (got.values[i] - want.values[i]) * (got.values[i] - want.values[i]);
    size += want.values[i] * want.values[i];
  }
  return size == 0 ? std::sqrt(error) : std::sqrt(error / size);
}

}  // namespace

std::optional<Rotation> rotation_between(const Matrix& before, const Matrix& after, std::size_t positions,
                                         double tolerance) {
  const auto rows = head_rows(before.shape, positions);
  // One head would explain anything.
  if (!rows || before.shape != after.shape || rows->heads < 2) return std::nullopt;
  // At the first position nothing is turned: what is left is the factor of all features.
  const std::size_t start = rows->row(0, 0);
  const double rest = row_scale(after.row(start), before.row(start));
  const std::size_t tail = unturned_tail(before, after, rest, tolerance);
  if (tail == before.columns) return std::nullopt;
  for (const bool neighbours : {false, true}) {
    Rotation rotation{positions, before.columns, before.columns - tail, neighbours, {}, rest};
    rotation.turned += rotation.turned % 2;
    read_factors(before, after, *rows, rotation);
    const auto again = turned(before, rotation, TurnedBy::position);
    if (again && error_of(*again, after) <= tolerance) return rotation;
  }
  return std::nullopt;
}

Rotation unscaled(Rotation rotation) {
  for (auto& factor : rotation.factors) factor /= rotation.rest;
  rotation.rest = 1;
  return rotation;
}

std::optional<Matrix> turned(const Matrix& array, const Rotation& rotation, TurnedBy by) {
  const auto rows = head_rows(array.shape, rotation.positions);
  if (!rows || array.columns != rotation.width) return std::nullopt;
  Matrix result = array;
  for (std::size_t head = 0; head < rows->heads; ++head) {
    for (std::size_t position = 0; position < rows->positions; ++position) {
      const std::size_t at = by == TurnedBy::position ? position : head;
      if (at >= rotation.positions) return std::nullopt;
      const auto from = array.row(rows->row(head, position));
      const auto to = result.row(rows->row(head, position));
      for (std::size_t i = 0; i < rotation.width; ++i) to[i] = rotation.rest * from[i];
      for (std::size_t pair = 0; pair < rotation.turned / 2; ++pair) {
        const Complex made = rotation.factors[at * rotation.turned / 2 + pair] * pair_of(from, rotation, pair);
        to[rotation.first(pair)] = made.real();
        to[rotation.second(pair)] = made.imag();
      }
    }
  }
  return result;
}

}  // namespace portwright::diagnose
