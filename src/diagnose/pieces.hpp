// What the calls before an array handed out, whole or in parts, in the array's own shape: what code between modules can
// have made it of.
#pragma once

#include <cstddef>
#include <vector>

#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {

// How a fused projection is cut: into blocks side by side, by turns, or into blocks within each head.
enum class Cut { whole, blocks, turns, blocks_of_heads };

struct Piece {
  Matrix array;
  std::size_t maker = 0;  // the call
  Cut cut = Cut::whole;
  std::size_t part = 0;  // which of its parts
};

// Of the calls that the same module made before the scene's.
[[nodiscard]] std::vector<Piece> pieces_before(const Scene& scene);

}  // namespace portwright::diagnose
