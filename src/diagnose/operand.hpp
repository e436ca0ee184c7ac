// Queries, keys and values as attention is given them, and how the reference makes them of what its modules hand out.
#pragma once

#include <optional>
#include <string>

#include "diagnose/fused.hpp"
#include "diagnose/hypothesis.hpp"
#include "diagnose/rotation.hpp"

namespace portwright::diagnose {

// How the reference makes an operand: of which array, and turned how (not at all: `factor` alone).
struct Making {
  std::string source;       // a point
  Matrix from;              // in the operand's layout
  std::vector<Lie> places;  // which features of the source its heads are; empty where it is the whole source
  std::optional<Rotation> rotation;
  double factor = 1;
};

// Of what a call was given, of a whole array or of features of a fused projection; nothing where more than a turn and a
// factor lies between.
[[nodiscard]] std::optional<Making> making_of(const Scene& scene, const Call& call, const Matrix& made);
[[nodiscard]] std::optional<Making> making_from(std::string source, const Matrix& from, const Matrix& made,
                                                std::size_t positions);
// What the same turn or factor makes of another array.
[[nodiscard]] std::optional<Matrix> as_made(const Making& making, const Matrix& from);
// The same from another output of the source; nothing where its size is another.
[[nodiscard]] std::optional<Matrix> as_made_of(const Scene& scene, const Making& making, const Matrix& source);

[[nodiscard]] bool is_operand(const Scene& scene);
// The norm whose output it is made of; empty where there is none.
[[nodiscard]] std::string norm_of_operand(const Scene& scene);
// "queries", "keys" or "values".
[[nodiscard]] std::string operand_in_words(const Scene& scene);

}  // namespace portwright::diagnose
