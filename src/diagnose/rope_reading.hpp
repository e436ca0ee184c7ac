// What a rotary embedding did to basis vectors, read as pairs of dimensions that turn together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace portwright::diagnose {

// Where a response was measured.
struct RopePlace {
  std::int64_t position = 0;
  std::int64_t context = 0;  // tokens of the sequence up to its end: what dynamic scalings look at
  int row = 0;
};

// `matrices` holds one matrix [basis vector][dimension] of width x width after the other, one for each place.
struct RopeResponse {
  int width = 0;
  std::vector<RopePlace> places;
  std::vector<float> matrices;
};

// Two dimensions that turn together: a positive angle turns `first` towards `second`; first < second.
struct RopePair {
  int first = 0;
  int second = 0;
  bool operator==(const RopePair&) const = default;
};

struct RopeReading {
  int width = 0;
  std::vector<RopePair> pairs;  // by ascending `first`; dimensions in no pair pass unturned
  std::vector<RopePlace> places;
  std::vector<double> angles;  // of each place and pair, in (-pi, pi]
  std::vector<double> radii;   // of each place and pair: the attention factor
  double irregular = 0;        // the largest element that is no part of a turned pair; infinite for a NaN

  [[nodiscard]] std::size_t at(std::size_t place, std::size_t pair) const { return place * pairs.size() + pair; }
  [[nodiscard]] int rotated() const { return 2 * static_cast<int>(pairs.size()); }
};

// Which dimensions form pairs is told from the inputs alone: queries and keys may leave in another order, the same for
// both, and attention does not see it.
[[nodiscard]] RopeReading read_rope(const RopeResponse& response);

// "half-split" (i with i + n/2), "interleaved" (2i with 2i + 1), "none" or "other".
[[nodiscard]] std::string layout_of(const std::vector<RopePair>& pairs);

// Radians a position of each pair, from its slope over the first row's places of at most `context` tokens: each
// position at most doubles the one before, so that no turn is lost.
[[nodiscard]] std::vector<double> frequencies_of(const RopeReading& reading, std::int64_t context);

// An angle in (-pi, pi].
[[nodiscard]] double wrapped(double angle);

}  // namespace portwright::diagnose
