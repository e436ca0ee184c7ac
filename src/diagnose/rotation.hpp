// What a position embedding did to heads, read off arrays before and after it: each pair of features turned by an angle
// of its position, and stretched.
#pragma once

#include <complex>
#include <cstddef>
#include <optional>
#include <vector>

#include "diagnose/layout.hpp"

namespace portwright::diagnose {

struct Rotation {
  std::size_t positions = 0;
  std::size_t width = 0;                      // of a head
  std::size_t turned = 0;                     // features, in pairs: the first ones, or those from `start` on
  bool neighbours = false;                    // pairs are neighbours, else halves of what is turned
  std::vector<std::complex<double>> factors;  // [positions, turned / 2]
  double rest = 1;                            // what the other features are multiplied with
  std::size_t start = 0;                      // the first feature that is turned

  [[nodiscard]] std::size_t first(std::size_t pair) const { return start + (neighbours ? 2 * pair : pair); }
  [[nodiscard]] std::size_t second(std::size_t pair) const {
    return start + (neighbours ? 2 * pair + 1 : pair + turned / 2);
  }
};

// The rotation that makes `after` of `before`, both [1, heads, positions, width] or with the middle axes exchanged, the
// same in every head; nothing where there is none to `tolerance` (relative L2) or where it turns nothing.
[[nodiscard]] std::optional<Rotation> rotation_between(const Matrix& before, const Matrix& after, std::size_t positions,
                                                       double tolerance);

// The same without what every feature is multiplied with, as queries hold attention's scale.
[[nodiscard]] Rotation unscaled(Rotation rotation);

// Relative L2 that float32 shows in what is turned: an angle is position x frequency, rounded; the last ones are off by
// as many units in the last place.
[[nodiscard]] inline double rounding_of(const Rotation& rotation) {
  return static_cast<double>(rotation.positions) * 0x1p-24;
}

// `array` turned: each row by its position, or by the number of its head.
enum class TurnedBy { position, head };
[[nodiscard]] std::optional<Matrix> turned(const Matrix& array, const Rotation& rotation, TurnedBy by);

}  // namespace portwright::diagnose
