#include "diagnose/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "diagnose/localise.hpp"

namespace portwright::diagnose {
namespace {

using Columns = std::vector<std::span<const double>>;

// a in sum a_i columns_i = target, by least squares; nothing where the columns depend on each other.
std::optional<std::vector<double>> least_squares(const Columns& columns, std::span<const double> target) {
  const std::size_t size = columns.size();
  std::vector<std::vector<double>> system(size, std::vector<double>(size + 1));
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) system[i][j] = dot(columns[i], columns[j]);
    system[i][size] = dot(columns[i], target);
  }
  for (std::size_t i = 0; i < size; ++i) {
    const auto below = system.begin() + static_cast<std::ptrdiff_t>(i);
    std::iter_swap(below, std::max_element(below, system.end(), [i](const auto& a, const auto& b) {
                     return std::abs(a[i]) < std::abs(b[i]);
                   }));
    if (system[i][i] == 0) return std::nullopt;
    for (std::size_t row = 0; row < size; ++row) {
      if (row == i) continue;
      const double times = system[row][i] / system[i][i];
      for (std::size_t j = i; j <= size; ++j) system[row][j] -= times * system[i][j];
    }
  }
  std::vector<double> solution(size);
  for (std::size_t i = 0; i < size; ++i) solution[i] = system[i][size] / system[i][i];
  return solution;
}

// With a share of the shared output that is one for every token, or free.
std::optional<Terms> solved(const Mixture& mixture, const Matrix* shared, bool free_share) {
  const std::size_t chosen = mixture.order.columns;
  if (mixture.got.columns < chosen + 1) return std::nullopt;
  Terms terms{mixture.order, std::nullopt, std::vector<double>(mixture.got.rows, 1)};
  if (shared != nullptr) terms.shared = *shared;
  Matrix left = mixture.got;
  for (std::size_t token = 0; token < left.rows; ++token) {
    const auto row = left.row(token);
    Columns columns;
    columns.reserve(chosen + 1);
    for (std::size_t i = 0; i < chosen; ++i) columns.push_back(mixture.experts.row(token * chosen + i));
    if (shared != nullptr && free_share) columns.push_back(shared->row(token));
    for (std::size_t j = 0; shared != nullptr && !free_share && j < row.size(); ++j) row[j] -= shared->row(token)[j];
    const auto solution = least_squares(columns, row);
    if (!solution) return std::nullopt;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      for (std::size_t j = 0; j < row.size(); ++j) row[j] -= (*solution)[i] * columns[i][j];
    }
    std::copy_n(solution->begin(), chosen, terms.weights.row(token).begin());
    if (free_share) terms.shares[token] = solution->back();
  }
  const double size = std::sqrt(dot(mixture.got.values, mixture.got.values));
  const double residual = std::sqrt(dot(left.values, left.values));
  return residual <= suspect_over_floor * mixture.floor * size ? std::optional(std::move(terms)) : std::nullopt;
}

}  // namespace

std::optional<Terms> terms_of(const Mixture& mixture) {
  if (auto alone = solved(mixture, nullptr, false)) return alone;
  for (const bool free_share : {false, true}) {
    for (const Matrix& other : mixture.others) {
      if (auto with = solved(mixture, &other, free_share)) return with;
    }
  }
  return std::nullopt;
}

Matrix summed(const Mixture& mixture, const Terms& terms, const Matrix& weights) {
  const std::size_t chosen = mixture.order.columns;
  Matrix sum = mixture.got;
  for (std::size_t token = 0; token < sum.rows; ++token) {
    const auto row = sum.row(token);
    std::fill(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < chosen; ++i) {
      const double weight = weights.row(token)[static_cast<std::size_t>(mixture.order.row(token)[i])];
      const auto expert = mixture.experts.row(token * chosen + i);
      for (std::size_t j = 0; j < row.size(); ++j) row[j] += weight * expert[j];
    }
    for (std::size_t j = 0; terms.shared && j < row.size(); ++j) {
      row[j] += terms.shares[token] * terms.shared->row(token)[j];
    }
  }
  return sum;
}

}  // namespace portwright::diagnose
