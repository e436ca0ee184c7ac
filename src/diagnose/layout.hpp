// The same elements in another order of axes: what a projection hands out as [1, positions, heads x width] is used as
// [1, heads, positions, width].
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "diagnose/matrix.hpp"

namespace portwright::diagnose {

using Shape = std::vector<std::int64_t>;

// How the last axis is cut into heads.
enum class Heads { outermost, innermost };

// `array` in the order of `shape`, of one batch row: both may be [1, positions, features], [1, positions, heads, width]
// or [1, heads, positions, width]. positions: tells the two of four axes apart. Nothing where the sizes do not fit.
[[nodiscard]] std::optional<Matrix> arranged(const Matrix& array, const Shape& shape, std::size_t positions,
                                             Heads heads = Heads::outermost);

// Rows of heads by number and position, for arrays of four axes.
struct HeadRows {
  std::size_t heads = 0;
  std::size_t positions = 0;
  bool heads_first = true;

  [[nodiscard]] std::size_t row(std::size_t head, std::size_t position) const {
    return heads_first ? head * positions + position : position * heads + head;
  }
};
[[nodiscard]] std::optional<HeadRows> head_rows(const Shape& shape, std::size_t positions);

}  // namespace portwright::diagnose
