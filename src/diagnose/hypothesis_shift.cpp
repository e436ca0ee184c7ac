// Each position has the array of one before or after it.
#include <algorithm>
#include <cmath>

#include "diagnose/layout.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/nearest.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::ptrdiff_t farthest = 4;  // as far as the taps of a short convolution reach

// Positions whose neighbour lies outside keep what the port computed: nothing tells it.
Matrix shifted(const Scene& scene, const HeadRows& rows, std::ptrdiff_t by) {
  Matrix result = scene.got;
  const auto length = static_cast<std::ptrdiff_t>(rows.positions);
  for (std::size_t head = 0; head < rows.heads; ++head) {
    for (std::ptrdiff_t position = 0; position < length; ++position) {
      if (position + by < 0 || position + by >= length) continue;
      const auto from = scene.want.row(rows.row(head, static_cast<std::size_t>(position + by)));
      std::copy(from.begin(), from.end(), result.row(rows.row(head, static_cast<std::size_t>(position))).begin());
    }
  }
  return result;
}

}  // namespace

std::optional<Prediction> predict_shifted(const Scene& scene) {
  const std::size_t positions = positions_of(scene.calls);
  auto rows = head_rows(scene.want.shape, positions);
  // What a convolution is given has rows of zeros before the first position.
  if (!rows && scene.want.rows >= positions) rows = HeadRows{1, scene.want.rows, true};
  if (!rows || rows->positions <= 4 * static_cast<std::size_t>(farthest)) return std::nullopt;
  Nearest nearest(scene.got);
  for (std::ptrdiff_t by = -farthest; by <= farthest; ++by) {
    if (by == 0) continue;
    const std::string distance = std::to_string(std::abs(by));
    nearest.consider({shifted(scene, *rows, by),
                      "each position has the array of " + distance + (by > 0 ? " after it" : " before it"),
                      {},
                      "always"});
  }
  return std::move(nearest).best();
}

}  // namespace portwright::diagnose
