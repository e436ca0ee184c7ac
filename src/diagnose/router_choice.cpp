// Other experts than the reference's: by which rule, as far as the router's logits and what config and checkpoint hold
// can tell. A rule counts where it chooses what was chosen for every token.
#include <algorithm>

#include "diagnose/routing_rules.hpp"

namespace portwright::diagnose {
namespace {

// How many experts each token goes to; nothing where tokens differ.
std::optional<std::size_t> chosen_each(const Matrix& chosen) {
  std::optional<std::size_t> count;
  for (std::size_t row = 0; row < chosen.rows; ++row) {
    const auto values = chosen.row(row);
    const auto here = static_cast<std::size_t>(std::count(values.begin(), values.end(), 1.0));
    if (count && *count != here) return std::nullopt;
    count = here;
  }
  return count;
}

std::vector<ChoiceRule> rules_that_choose(const Routing& routing, const Matrix& chosen) {
  std::vector<ChoiceRule> fitting;
  const auto count = chosen_each(chosen);
  if (!count || !routing.logits) return fitting;
  for (const ChoiceRule& rule : choice_rules(routing, *count)) {
    if (chosen_by(routing, rule).values == chosen.values) fitting.push_back(rule);
  }
  return fitting;
}

}  // namespace

std::size_t tokens_sent_elsewhere(const Routing& routing) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < routing.want.rows; ++row) {
    if (!std::ranges::equal(routing.want.row(row), routing.got.row(row))) ++count;
  }
  return count;
}

std::optional<RoutingCause> explain_choice(const Routing& routing) {
  const std::size_t elsewhere = tokens_sent_elsewhere(routing);
  if (elsewhere == 0) return std::nullopt;
  results::Cause cause;
  cause.name = "router-choice";
  cause.sentence = std::to_string(elsewhere) + " of " + std::to_string(routing.want.rows) +
                   " tokens go to other experts than the reference's";
  const auto reference = rules_that_choose(routing, routing.want);
  const auto least = least_differences(routing, rules_that_choose(routing, routing.got), reference);
  const auto want = chosen_each(routing.want);
  const auto got = chosen_each(routing.got);
  if (!least.empty()) {
    say(*least.begin(), cause);
    cause.proved = least.size() == 1;
    cause.error_removed = 1;
  } else if (want && got && want != got) {
    cause.sentence +=
        "; each goes to " + std::to_string(*got) + " where the reference chooses " + std::to_string(*want);
    cause.field = count_key(routing.config, *want);
  }
  return RoutingCause{RoutingPart::router, std::move(cause)};
}

std::optional<RoutingCause> in_every_scene(const std::vector<std::optional<RoutingCause>>& scenes) {
  if (scenes.empty() || !scenes.front()) return std::nullopt;
  RoutingCause result = *scenes.front();
  for (const auto& other : scenes) {
    if (!other || other->part != result.part) return std::nullopt;
    if (!result.cause) continue;
    if (!other->cause || other->cause->name != result.cause->name) {
      result.cause.reset();
      continue;
    }
    result.cause->proved = result.cause->proved && other->cause->proved;
    result.cause->error_removed = std::min(result.cause->error_removed, other->cause->error_removed);
  }
  return result;
}

}  // namespace portwright::diagnose
