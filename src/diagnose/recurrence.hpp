// What a gated delta rule is given, made again as its modules make it: the output of a projection or convolution cut
// into heads, through an activation, brought to unit length or not (docs/probe-protocol.md, "Functions").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/activations.hpp"
#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {

// A module's output as rows of positions.
struct Projected {
  std::size_t maker = 0;  // the call
  Matrix array;           // [positions, features]
};

// Of the calls that the rule's module made before the scene's.
[[nodiscard]] std::vector<Projected> projected_before(const Scene& scene);

// How keys, queries or values ([1, positions, heads, width]) come out of a projection.
struct HeadsMaking {
  const Projected* from = nullptr;
  std::size_t first = 0;  // the feature with which head 0 begins
  std::size_t own = 0;    // heads that the projection has; each serves the same number of the rule's
  const Activation* activation = nullptr;
  std::optional<double> eps;  // of the L2 norm, added to the sum of squares; nothing where there is none
  double factor = 1;          // behind the norm
  bool tiled = false;         // the rule's heads take the projection's in turn, where neighbours share one
};
[[nodiscard]] Matrix heads_made(const HeadsMaking& making, const Matrix& like);
// The one by which `made`, an array of the scene's point, comes out; nothing where none does.
[[nodiscard]] std::optional<HeadsMaking> making_of_heads(const Scene& scene, const std::vector<Projected>& sources);

// "keys", "queries" or "values"; empty where the scene is no such operand.
[[nodiscard]] std::string recurrent_operand(const Scene& scene);
// Whether it is the decay or beta.
[[nodiscard]] bool is_gate_of_recurrence(const Scene& scene);

}  // namespace portwright::diagnose
