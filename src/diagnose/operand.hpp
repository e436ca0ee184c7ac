// Queries, keys and values as attention is given them, and how the reference makes them of what its modules hand out.
#pragma once

#include <optional>
#include <string>

#include "diagnose/hypothesis.hpp"
#include "diagnose/rotation.hpp"

namespace portwright::diagnose {

// How the reference makes an operand: of which array, and turned how (not at all: `factor` alone).
struct Making {
  std::string source;  // a point
  Matrix from;         // in the operand's layout
  std::optional<Rotation> rotation;
  double factor = 1;
};

// Of what a call was given, and that it is made of this very array; nothing where no turn and no factor lies between.
[[nodiscard]] std::optional<Making> making_of(const Scene& scene, const Call& call, const Matrix& made);
[[nodiscard]] std::optional<Making> making_from(std::string source, const Matrix& from, const Matrix& made,
                                                std::size_t positions);
// What the same turn or factor makes of another array.
[[nodiscard]] std::optional<Matrix> as_made(const Making& making, const Matrix& from);

[[nodiscard]] bool is_operand(const Scene& scene);
// The norm whose output it is made of; empty where there is none.
[[nodiscard]] std::string norm_of_operand(const Scene& scene);
// "queries", "keys" or "values".
[[nodiscard]] std::string operand_in_words(const Scene& scene);

}  // namespace portwright::diagnose
