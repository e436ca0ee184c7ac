// A fused projection, and where the features of another array's heads lie in it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "diagnose/layout.hpp"

namespace portwright::diagnose {

// An array as heads of positions; one head where it has no axis for them.
struct ByHeads {
  const Matrix& array;
  HeadRows rows;

  [[nodiscard]] std::span<const double> of(std::size_t head, std::size_t position) const {
    return array.row(rows.row(head, position));
  }
};
[[nodiscard]] std::optional<ByHeads> by_heads(const Matrix& array, std::size_t positions);

// Where a head's features lie in a fused row: `step` apart from `first` on.
struct Lie {
  std::size_t first = 0;
  std::size_t step = 1;

  bool operator==(const Lie&) const = default;
};

// Of each head of the first position, which no rotation turns; empty where one is not there. Heads that are cut
// innermost are as many features apart as there are heads.
[[nodiscard]] std::vector<Lie> places_in(std::span<const double> fused, const ByHeads& array);

// Those features of `fused`, [positions, features], in the layout of `like`.
[[nodiscard]] Matrix cut_at(const std::vector<Lie>& places, const Matrix& fused, const ByHeads& like);

}  // namespace portwright::diagnose
