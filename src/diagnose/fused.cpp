#include "diagnose/fused.hpp"

#include <algorithm>

namespace portwright::diagnose {
namespace {

constexpr double near_enough = 1e-4;  // float32 of what is compared in float64

std::vector<double> taken(std::span<const double> fused, const Lie& lie, std::size_t width) {
  std::vector<double> features(width);
  for (std::size_t i = 0; i < width; ++i) features[i] = fused[lie.first + i * lie.step];
  return features;
}

std::vector<Lie> places_apart(std::span<const double> fused, const ByHeads& array, std::size_t step) {
  std::vector<Lie> places;
  const std::size_t width = array.array.columns;
  const std::size_t span = (width - 1) * step + 1;
  for (std::size_t head = 0; head < array.rows.heads; ++head) {
    const auto wanted = array.of(head, 0);
    Lie lie{0, step};
    while (lie.first + span <= fused.size() && !are_close(taken(fused, lie, width), wanted, near_enough)) ++lie.first;
    if (lie.first + span > fused.size()) return {};
    places.push_back(lie);
  }
  return places;
}

}  // namespace

std::optional<ByHeads> by_heads(const Matrix& array, std::size_t positions) {
  if (const auto rows = head_rows(array.shape, positions)) return ByHeads{array, *rows};
  if (array.rows != positions) return std::nullopt;
  return ByHeads{array, {1, positions, true}};
}

std::vector<Lie> places_in(std::span<const double> fused, const ByHeads& array) {
  std::vector<Lie> places = places_apart(fused, array, 1);
  if (places.empty() && array.rows.heads > 1) places = places_apart(fused, array, array.rows.heads);
  return places;
}

Matrix cut_at(const std::vector<Lie>& places, const Matrix& fused, const ByHeads& like) {
  Matrix cut = like.array;
  for (std::size_t head = 0; head < places.size(); ++head) {
    for (std::size_t position = 0; position < like.rows.positions; ++position) {
      std::ranges::copy(taken(fused.row(position), places[head], cut.columns),
                        cut.row(like.rows.row(head, position)).begin());
    }
  }
  return cut;
}

}  // namespace portwright::diagnose
