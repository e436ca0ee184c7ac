// The right experts in a sum that is wrong: by the weights they get, by the share of the shared expert, or by what the
// experts themselves compute.
#include <algorithm>
#include <cmath>

#include "diagnose/activations.hpp"
#include "diagnose/config_values.hpp"
#include "diagnose/localise.hpp"
#include "diagnose/mixture.hpp"
#include "diagnose/routing_rules.hpp"

namespace portwright::diagnose {
namespace {

// The port's weights by expert.
Matrix by_expert(const Mixture& mixture, const Matrix& weights) {
  Matrix result = mixture.routing.want;
  for (std::size_t token = 0; token < weights.rows; ++token) {
    for (std::size_t i = 0; i < weights.columns; ++i) {
      result.row(token)[static_cast<std::size_t>(mixture.order.row(token)[i])] = weights.row(token)[i];
    }
  }
  return result;
}

// What the parts of the explanation share.
struct Sum {
  const Mixture& mixture;
  const Terms& terms;
  Matrix weights;  // the port's, [tokens, experts]

  // What is left of the port's output where its weights were these: of the rows that prove, and of the rows that form,
  // for one token's weights may be all that is wrong.
  [[nodiscard]] double left(const Matrix& weights_instead) const {
    const Matrix made = summed(mixture, terms, weights_instead);
    return std::max(relative_l2(mixture.got, made, false), relative_l2(mixture.got, made, true));
  }
  [[nodiscard]] bool fits(const Matrix& weights_instead) const {
    return left(weights_instead) <= suspect_over_floor * mixture.floor;
  }
  // A cause whose sum leaves this much.
  [[nodiscard]] results::Cause cause(const char* name, double left_over) const {
    results::Cause made;
    made.name = name;
    const double error = relative_l2(mixture.got, mixture.want, false);
    made.error_removed = error == 0 ? 0 : std::max(0.0, 1 - left_over / error);
    return made;
  }
};

std::optional<RoutingCause> not_weighted(const Sum& sum) {
  const Routing& routing = sum.mixture.routing;
  const double weight = scale_between(sum.weights, routing.want);
  const Matrix same = scaled_by(routing.want, weight);
  if (!sum.fits(same)) return std::nullopt;
  results::Cause cause = sum.cause("experts-not-weighted", sum.left(same));
  cause.sentence = "every chosen expert has the weight " + digits(weight) + " where the reference gives each its own";
  cause.proved = true;
  return RoutingCause{RoutingPart::block, std::move(cause)};
}

std::vector<WeightRule> rules_of_reference(const Routing& routing) {
  constexpr double float64_of_a_formula = 1e-9;
  std::vector<WeightRule> fitting;
  for (WeightRule rule : weight_rules(routing)) {
    const Matrix made = weighed_by(routing, rule, routing.want);
    rule.factor = scale_between(routing.weights, made);
    if (relative_l2(routing.weights, scaled_by(made, rule.factor), false) < float64_of_a_formula) {
      fitting.push_back(rule);
    }
  }
  return fitting;
}

std::vector<WeightRule> rules_of_port(const Sum& sum) {
  const Routing& routing = sum.mixture.routing;
  std::vector<WeightRule> fitting;
  for (WeightRule rule : weight_rules(routing)) {
    const Matrix made = weighed_by(routing, rule, routing.want);
    rule.factor = scale_between(sum.weights, made);
    if (std::isfinite(rule.factor) && sum.fits(scaled_by(made, rule.factor))) fitting.push_back(rule);
  }
  return fitting;
}

std::optional<RoutingCause> by_a_rule(const Sum& sum) {
  const Routing& routing = sum.mixture.routing;
  if (!routing.logits) return std::nullopt;
  const std::vector<WeightRule> port = rules_of_port(sum);
  const auto least = least_differences(routing, port, rules_of_reference(routing));
  if (least.empty()) return std::nullopt;
  const Matrix made = weighed_by(routing, port.front(), routing.want);
  results::Cause cause = sum.cause("router-weights", sum.left(made));
  say(*least.begin(), cause);
  cause.proved = least.size() == 1;
  return RoutingCause{RoutingPart::router, std::move(cause)};
}

// Whether the port gives every token the reference's weights, to other ones of its experts.
bool exchanged(const Sum& sum) {
  for (std::size_t token = 0; token < sum.weights.rows; ++token) {
    std::vector<double> got(sum.weights.row(token).begin(), sum.weights.row(token).end());
    std::vector<double> want(sum.mixture.routing.weights.row(token).begin(),
                             sum.mixture.routing.weights.row(token).end());
    std::ranges::sort(got);
    std::ranges::sort(want);
    constexpr double four_digits = 1e-4;
    const double most = four_digits * std::max(std::abs(want.front()), std::abs(want.back()));
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (std::abs(got[i] - want[i]) > most) return false;
    }
  }
  return true;
}

// Where no rule is known: what can be read off the weights. A constant is a statement, the rest a description.
std::optional<RoutingCause> described(const Sum& sum) {
  const Routing& routing = sum.mixture.routing;
  const double times = scale_between(sum.weights, routing.weights);
  const Matrix scaled = scaled_by(routing.weights, times);
  results::Cause cause = sum.cause("router-weights", sum.left(scaled));
  if (times != 0 && sum.fits(scaled)) {
    say({multiple_of_weights(routing.config, times)}, cause);
    cause.proved = true;
    return RoutingCause{RoutingPart::router, std::move(cause)};
  }
  if (exchanged(sum)) {
    cause = sum.cause("router-weights", 0);
    cause.sentence = "the right weights go to the wrong ones of a token's experts: not in the order of the choice";
    cause.proved = true;
    return RoutingCause{RoutingPart::router, std::move(cause)};
  }
  Matrix rows = routing.weights;
  std::size_t other = 0;
  for (std::size_t token = 0; token < rows.rows; ++token) {
    const double factor = row_scale(sum.weights.row(token), rows.row(token));
    constexpr double five_digits = 1e-5;
    bool same = true;
    for (std::size_t i = 0; i < rows.columns; ++i) {
      same = same && std::abs(sum.weights.row(token)[i] - rows.row(token)[i]) <= five_digits * std::abs(factor);
    }
    other += same ? 0 : 1;
    for (double& value : rows.row(token)) value *= factor;
  }
  cause = sum.cause("router-weights", 0);
  cause.sentence = "the right experts have other weights than the reference's in " + std::to_string(other) + " of " +
                   std::to_string(rows.rows) + " tokens";
  if (sum.fits(rows)) {
    cause.sentence += ", each token's all by one factor: not normalised, or normalised over other elements";
  }
  return RoutingCause{RoutingPart::router, std::move(cause)};
}

// What the reference multiplies the shared output with, by token, where the port's is another.
std::optional<std::vector<double>> right_shares(const Sum& sum) {
  const Mixture& mixture = sum.mixture;
  if (!sum.terms.shared || !mixture.want_routed) return std::nullopt;
  std::vector<double> right(mixture.got.rows);
  bool same = true;
  for (std::size_t token = 0; token < right.size(); ++token) {
    std::vector<double> rest(mixture.want.row(token).begin(), mixture.want.row(token).end());
    for (std::size_t j = 0; j < rest.size(); ++j) rest[j] -= mixture.want_routed->row(token)[j];
    right[token] = row_scale(rest, sum.terms.shared->row(token));
    constexpr double four_digits = 1e-4;
    same = same && std::abs(right[token] - sum.terms.shares[token]) <= four_digits * std::abs(right[token]);
  }
  return same ? std::nullopt : std::optional(std::move(right));
}

// The function that makes these shares of what the gate gives each token.
const Activation* making(const Matrix& gate, const std::vector<double>& shares) {
  constexpr double close = 1e-4;
  const auto* const found = std::ranges::find_if(activations, [&](const Activation& activation) {
    for (std::size_t token = 0; token < shares.size(); ++token) {
      const double most = close * (std::abs(shares[token]) + close);
      if (std::abs(activation.of(gate.values[token]) - shares[token]) > most) return false;
    }
    return true;
  });
  return found == activations.end() ? nullptr : found;
}

// How the reference and the port make the shared output's share of a module that gives one number a token.
RoutingCause other_share(const Sum& sum, const std::vector<double>& right) {
  const Mixture& mixture = sum.mixture;
  RoutingCause found{RoutingPart::block, std::nullopt};
  const bool none = std::ranges::all_of(sum.terms.shares, [](double share) { return std::abs(share - 1) < 1e-4; });
  for (const TokenGate& gate : mixture.gates) {
    const Activation* want = making(gate.out, right);
    const Activation* got = making(gate.out, sum.terms.shares);
    if (want == nullptr || (got == nullptr && !none) || want == got) continue;
    Terms instead = sum.terms;
    for (std::size_t token = 0; token < right.size(); ++token) {
      instead.shares[token] = none ? 1 : got->of(gate.out.values[token]);
    }
    const Matrix predicted = summed(mixture, instead, mixture.routing.weights);
    const std::string name = starred(gate.path).path;
    found.cause = sum.cause(none ? "module-skipped" : "activation", relative_l2(mixture.got, predicted, false));
    found.cause->sentence =
        none ? "the port does not apply " + name
             : std::string(got->name) + " of " + name + " where the reference computes " + std::string(want->name);
    found.cause->proved = true;
  }
  return found;
}

}  // namespace

std::optional<RoutingCause> explain_mixture(const Mixture& mixture) {
  const auto terms = terms_of(mixture);
  if (!terms) return std::nullopt;
  const Sum sum{mixture, *terms, by_expert(mixture, terms->weights)};
  const auto shares = right_shares(sum);
  if (sum.fits(mixture.routing.weights)) {
    if (shares) return other_share(sum, *shares);
    Terms routed_alone = *terms;
    routed_alone.shared.reset();
    const Matrix routed = summed(mixture, routed_alone, mixture.routing.weights);
    const bool right =
        mixture.want_routed && relative_l2(routed, *mixture.want_routed, false) <= wrong_over_floor * mixture.floor;
    return right ? std::nullopt : std::optional(RoutingCause{RoutingPart::experts, std::nullopt});
  }
  if (shares) return std::nullopt;  // more than the weights: the whole sum is another
  if (auto found = not_weighted(sum)) return found;
  if (auto found = by_a_rule(sum)) return found;
  return described(sum);
}

}  // namespace portwright::diagnose
