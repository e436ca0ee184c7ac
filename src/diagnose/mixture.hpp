// What a mixture-of-experts block makes of its experts' outputs: a sum in which each has a weight, and a shared
// expert's output may be another term. The weights that a port gives need not be captured: its output tells them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnose/routing.hpp"

namespace portwright::diagnose {

// The output of a module that gives one number a token, as the gate of a shared expert does.
struct TokenGate {
  std::string path;
  Matrix out;
};

// A block that sends every token to the right experts.
struct Mixture {
  const Routing& routing;
  Matrix order;                       // the experts of each token, in the order of `experts`: [tokens, chosen]
  Matrix experts;                     // the port's, [tokens x chosen, width]
  std::vector<Matrix> others;         // what other modules of the block made in that width: one may be a term
  Matrix got;                         // the block's output, [tokens, width]
  Matrix want;                        // the reference's
  std::optional<Matrix> want_routed;  // the reference's sum over the chosen experts alone
  std::vector<TokenGate> gates;       // of the reference
  double floor = 0;
};

// The terms of the port's sum.
struct Terms {
  Matrix weights;                // [tokens, chosen], in the order of `Mixture::order`
  std::optional<Matrix> shared;  // one of `Mixture::others`
  std::vector<double> shares;    // what it is multiplied with, by token
};

// Least squares for each token; nothing where no such sum is the port's output.
[[nodiscard]] std::optional<Terms> terms_of(const Mixture& mixture);

// The port's sum with other weights, [tokens, experts].
[[nodiscard]] Matrix summed(const Mixture& mixture, const Terms& terms, const Matrix& weights);

// What of the sum is wrong: the weights of the experts, the share of the shared one, or the experts' own outputs.
// Nothing where that cannot be told.
[[nodiscard]] std::optional<RoutingCause> explain_mixture(const Mixture& mixture);

}  // namespace portwright::diagnose
