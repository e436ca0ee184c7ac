#include "diagnose/routing_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>

#include "diagnose/config_values.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::array scorings{Scoring::softmax, Scoring::sigmoid, Scoring::logits, Scoring::softmax_over_positions};

std::string_view in_words(Scoring scoring) {
  constexpr std::array<std::string_view, 4> words{"the router logits' softmax", "the router logits' sigmoid",
                                                  "the router logits", "a softmax over the positions"};
  return words[static_cast<std::size_t>(scoring)];
}

std::string_view in_words(Rating rating) {
  constexpr std::array<std::string_view, 4> words{
      "no group of experts is left out", "groups are rated by the sum of their two best experts",
      "groups are rated by their best expert", "groups are rated by the sum of their experts"};
  return words[static_cast<std::size_t>(rating)];
}

// Whether every scoring that keeps the order of the logits chooses the same.
bool only_order_counts(const ChoiceRule& rule) { return !rule.bias && rule.rating == Rating::none; }

Matrix softmax(Matrix logits) {
  for (std::size_t row = 0; row < logits.rows; ++row) {
    const auto values = logits.row(row);
    const double most = *std::max_element(values.begin(), values.end());
    for (double& value : values) value = std::exp(value - most);
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    for (double& value : values) value /= sum;
  }
  return logits;
}

Matrix scores(const Routing& routing, Scoring scoring, const std::optional<std::size_t>& bias) {
  Matrix result = *routing.logits;
  if (scoring == Scoring::softmax) result = softmax(std::move(result));
  if (scoring == Scoring::softmax_over_positions) result = transposed(softmax(transposed(result)));
  if (scoring == Scoring::sigmoid) {
    for (double& value : result.values) value = 1 / (1 + std::exp(-value));
  }
  if (bias) {
    const std::vector<double>& added = routing.biases[*bias].values;
    for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] += added[i % added.size()];
  }
  return result;
}

struct Groups {
  std::size_t all = 1;
  std::size_t chosen = 1;
};
Groups groups_of(const Json& config) {
  const auto number = [&](const char* key) {
    const Json value = config.value(key, Json());
    return value.is_number_integer() ? static_cast<std::size_t>(std::max<std::int64_t>(1, value)) : std::size_t{1};
  };
  return {number("n_group"), number("topk_group")};
}

double rated(std::span<const double> group, Rating rating) {
  std::vector<double> sorted(group.begin(), group.end());
  std::sort(sorted.rbegin(), sorted.rend());
  std::size_t taken = sorted.size();
  if (rating == Rating::best) taken = 1;
  if (rating == Rating::two_best) taken = std::min<std::size_t>(2, taken);
  return std::accumulate(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(taken), 0.0);
}

// The places of the highest values.
std::vector<std::size_t> highest(std::span<const double> values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  // Of equal values the first.
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; });
  order.resize(std::min(count, order.size()));
  return order;
}

// Leaves only the best groups to choose from.
void leave_best_groups(std::span<double> row, const Groups& groups, Rating rating) {
  const std::size_t width = row.size() / groups.all;
  std::vector<double> ratings;
  ratings.reserve(groups.all);
  for (std::size_t group = 0; group < groups.all; ++group) {
    ratings.push_back(rated(row.subspan(group * width, width), rating));
  }
  const std::vector<std::size_t> best = highest(ratings, groups.chosen);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (std::find(best.begin(), best.end(), i / width) == best.end()) row[i] = -std::numeric_limits<double>::infinity();
  }
}

std::string bias_in_words(const Routing& routing, const std::optional<std::size_t>& bias) {
  return bias ? "with " + routing.biases[*bias].name + " added" : "as they are";
}

std::vector<std::optional<std::size_t>> biases_of(const Routing& routing) {
  std::vector<std::optional<std::size_t>> biases{std::nullopt};
  biases.reserve(routing.biases.size() + 1);
  for (std::size_t i = 0; i < routing.biases.size(); ++i) biases.emplace_back(i);
  return biases;
}

}  // namespace

std::vector<ChoiceRule> choice_rules(const Routing& routing, std::size_t count) {
  std::vector<Rating> ratings{Rating::none};
  const Groups groups = groups_of(routing.config);
  if (groups.all > 1 && routing.want.columns % groups.all == 0) {
    ratings.insert(ratings.end(), {Rating::two_best, Rating::best, Rating::sum});
  }
  std::vector<ChoiceRule> rules;
  for (const Scoring scoring : scorings) {
    for (const auto& bias : biases_of(routing)) {
      for (const Rating rating : ratings) rules.push_back({scoring, bias, rating, count, false});
      rules.push_back({scoring, bias, Rating::none, count, true});
    }
  }
  return rules;
}

std::vector<WeightRule> weight_rules(const Routing& routing) {
  std::vector<WeightRule> rules;
  for (const Scoring scoring : scorings) {
    for (const auto& bias : biases_of(routing)) {
      for (const Normalised normalised : {Normalised::no, Normalised::yes, Normalised::almost}) {
        rules.push_back({scoring, bias, normalised, 1});
      }
    }
  }
  return rules;
}

Matrix chosen_by(const Routing& routing, const ChoiceRule& rule) {
  Matrix chosen = scores(routing, rule.scoring, rule.bias);
  for (std::size_t row = 0; row < chosen.rows; ++row) {
    const auto values = chosen.row(row);
    for (double& value : values) value = rule.lowest ? -value : value;
    if (rule.rating != Rating::none) leave_best_groups(values, groups_of(routing.config), rule.rating);
    const std::vector<std::size_t> best = highest(values, rule.count);
    std::fill(values.begin(), values.end(), 0);
    for (const std::size_t expert : best) values[expert] = 1;
  }
  return chosen;
}

Matrix weighed_by(const Routing& routing, const WeightRule& rule, const Matrix& chosen) {
  Matrix weights = scores(routing, rule.scoring, rule.bias);
  for (std::size_t row = 0; row < weights.rows; ++row) {
    const auto values = weights.row(row);
    double sum = rule.normalised == Normalised::almost ? 1e-6 : 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] *= chosen.row(row)[i];
    if (rule.normalised == Normalised::no) sum = 1;
    for (double& value : values) value *= rule.factor / sum;
  }
  return weights;
}

Difference multiple_of_weights(const Json& config, double times) {
  Difference found{"the experts' weights are " + digits(times) + " times the reference's", {}};
  auto value = config_value(config, 1 / times);
  const bool lost = value.has_value();
  if (!lost) value = config_value(config, times);
  if (!value) return found;
  found.field = value->key;
  found.sentence += ": config " + value->key + " (" + digits(value->value) + ") is " +
                    (lost ? "not applied" : "applied once too often");
  return found;
}

std::vector<Difference> differences(const Routing& routing, const ChoiceRule& port, const ChoiceRule& reference) {
  std::vector<Difference> found;
  if (port.count != reference.count) {
    const auto key = count_key(routing.config, reference.count);
    found.push_back(
        {"each token goes to " + std::to_string(port.count) + (port.count == 1 ? " expert where " : " experts where ") +
             (key ? "config " + *key + " says " : "the reference chooses ") + std::to_string(reference.count),
         key});
  }
  const bool over_positions = port.scoring == Scoring::softmax_over_positions;
  if (over_positions != (reference.scoring == Scoring::softmax_over_positions)) {
    found.push_back({over_positions ? "the softmax runs over the positions instead of the experts"
                                    : "the softmax runs over the experts where the reference's runs over the positions",
                     {}});
  } else if (port.scoring != reference.scoring && !only_order_counts(port) && !only_order_counts(reference)) {
    found.push_back({"the choice is made of " + std::string(in_words(port.scoring)) + " where the reference takes " +
                         std::string(in_words(reference.scoring)),
                     {}});
  }
  if (port.lowest != reference.lowest) found.push_back({"the experts with the lowest scores are chosen", {}});
  if (port.bias != reference.bias) {
    found.push_back({"experts are chosen by their scores " + bias_in_words(routing, port.bias) +
                         " where the reference takes them " + bias_in_words(routing, reference.bias),
                     {}});
  }
  if (port.rating != reference.rating) {
    found.push_back(
        {std::string(in_words(port.rating)) + " where in the reference " + std::string(in_words(reference.rating)),
         "n_group"});
  }
  return found;
}

std::vector<Difference> differences(const Routing& routing, const WeightRule& port, const WeightRule& reference) {
  std::vector<Difference> found;
  const bool over_positions = port.scoring == Scoring::softmax_over_positions;
  if (over_positions && reference.scoring != port.scoring) {
    found.push_back({"the softmax runs over the positions instead of the experts", {}});
  } else if (port.scoring != reference.scoring) {
    found.push_back({"the experts' weights are made of " + std::string(in_words(port.scoring)) +
                         " where the reference takes " + std::string(in_words(reference.scoring)),
                     {}});
  }
  if (port.bias != reference.bias) {
    found.push_back({"the experts' weights are the scores " + bias_in_words(routing, port.bias) +
                         " where the reference takes them " + bias_in_words(routing, reference.bias) +
                         (reference.bias ? "" : ": the bias is only for the choice"),
                     {}});
  }
  const bool sum_of_one = port.normalised != Normalised::no;
  if (sum_of_one != (reference.normalised != Normalised::no)) {
    constexpr const char* key = "norm_topk_prob";
    Difference difference{sum_of_one ? "the chosen experts' weights are normalised where the reference's are not"
                                     : "the chosen experts' weights are not normalised to a sum of one",
                          {}};
    if (routing.config.contains(key)) {
      difference.field = key;
      difference.sentence += std::string(" (config ") + key + " says " + routing.config[key].dump() + ")";
    }
    found.push_back(std::move(difference));
  }
  constexpr double five_digits = 1e-5;
  if (const double times = port.factor / reference.factor; std::abs(times - 1) > five_digits) {
    found.push_back(multiple_of_weights(routing.config, times));
  }
  return found;
}

void say(const std::vector<Difference>& differences, results::Cause& cause) {
  for (const Difference& difference : differences) {
    cause.sentence += (cause.sentence.empty() ? "" : "; ") + difference.sentence;
    if (!cause.field) cause.field = difference.field;
  }
}

std::optional<std::string> count_key(const Json& config, std::size_t count) {
  for (const auto& [key, value] : config.items()) {
    const bool counts = key.find("per_tok") != std::string::npos || key.ends_with("top_k") || key.ends_with("topk");
    if (counts && value.is_number_integer() && value.get<std::int64_t>() == static_cast<std::int64_t>(count)) {
      return key;
    }
  }
  return std::nullopt;
}

}  // namespace portwright::diagnose
