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

// a in got = a * want, on the rows that form.
double factor_of(const Matrix& got, const Matrix& want) {
  double product = 0;
  double size = 0;
  for (std::size_t row = 0; row < want.rows; ++row) {
    if (!forms(row)) continue;
    product += dot(got.row(row), want.row(row));
    size += dot(want.row(row), want.row(row));
  }
  return size == 0 ? 0 : product / size;
}

Matrix multiple(Matrix matrix, double factor) {
  for (double& value : matrix.values) value *= factor;
  return matrix;
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
  const double weight = factor_of(sum.weights, routing.want);
  const Matrix same = multiple(routing.want, weight);
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
    rule.factor = factor_of(routing.weights, made);
    if (relative_l2(routing.weights, multiple(made, rule.factor), false) < float64_of_a_formula) {
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
    rule.factor = factor_of(sum.weights, made);
    if (std::isfinite(rule.factor) && sum.fits(multiple(made, rule.factor))) fitting.push_back(rule);
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

// Where no rule is known: what can be read off the weights. A constant is a statement, the rest a description.
std::optional<RoutingCause> described(const Sum& sum) {
  const Routing& routing = sum.mixture.routing;
  const double times = factor_of(sum.weights, routing.weights);
  const Matrix scaled = multiple(routing.weights, times);
  results::Cause cause = sum.cause("router-weights", sum.left(scaled));
  if (times != 0 && sum.fits(scaled)) {
    say({multiple_of_weights(routing.config, times)}, cause);
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

// How the reference and the port make the shared output's share of a module that gives one number a token.
std::optional<RoutingCause> other_share(const Sum& sum) {
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
  if (same) return std::nullopt;
  RoutingCause found{RoutingPart::block, std::nullopt};
  const auto makes = [](const Activation& activation, const Matrix& gate, const std::vector<double>& share) {
    constexpr double close = 1e-4;
    for (std::size_t token = 0; token < share.size(); ++token) {
      if (std::abs(activation.of(gate.values[token]) - share[token]) > close * (std::abs(share[token]) + close)) {
        return false;
      }
    }
    return true;
  };
  for (const TokenGate& gate : mixture.gates) {
    const Activation* want = nullptr;
    const Activation* got = nullptr;
    for (const Activation& activation : activations) {
      if (want == nullptr && makes(activation, gate.out, right)) want = &activation;
      if (got == nullptr && makes(activation, gate.out, sum.terms.shares)) got = &activation;
    }
    if (want == nullptr || got == nullptr || want == got) continue;
    Terms instead = sum.terms;
    for (std::size_t token = 0; token < right.size(); ++token) instead.shares[token] = got->of(gate.out.values[token]);
    const Matrix predicted = summed(mixture, instead, mixture.routing.weights);
    found.cause = sum.cause("activation", relative_l2(mixture.got, predicted, false));
    found.cause->sentence = std::string(got->name) + " of " + starred(gate.path).path +
                            " where the reference computes " + std::string(want->name);
    found.cause->proved = true;
  }
  return found;
}

}  // namespace

std::optional<RoutingCause> explain_mixture(const Mixture& mixture) {
  const auto terms = terms_of(mixture);
  if (!terms) return std::nullopt;
  const Sum sum{mixture, *terms, by_expert(mixture, terms->weights)};
  if (sum.fits(mixture.routing.weights)) {
    if (auto share = other_share(sum)) return share;
    Terms routed_alone = *terms;
    routed_alone.shared.reset();
    const Matrix routed = summed(mixture, routed_alone, mixture.routing.weights);
    const bool right =
        mixture.want_routed && relative_l2(routed, *mixture.want_routed, false) <= wrong_over_floor * mixture.floor;
    return right ? std::nullopt : std::optional(RoutingCause{RoutingPart::experts, std::nullopt});
  }
  if (auto found = not_weighted(sum)) return found;
  if (auto found = by_a_rule(sum)) return found;
  return described(sum);
}

}  // namespace portwright::diagnose
