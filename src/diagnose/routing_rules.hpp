// The rules by which models choose experts and weigh them, as values that can be tried and compared.
#pragma once

#include <compare>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "diagnose/routing.hpp"

namespace portwright::diagnose {

enum class Scoring { softmax, sigmoid, logits, softmax_over_positions };
enum class Rating { none, two_best, best, sum };  // of a group of experts, where only some groups can be chosen from
enum class Normalised { no, yes, almost };        // almost: by the sum and 1e-6, which float32 shows

struct ChoiceRule {
  Scoring scoring = Scoring::softmax;
  std::optional<std::size_t> bias;  // of Routing::biases
  Rating rating = Rating::none;
  std::size_t count = 0;
  bool lowest = false;  // the lowest scores instead of the highest
};

struct WeightRule {
  Scoring scoring = Scoring::softmax;
  std::optional<std::size_t> bias;
  Normalised normalised = Normalised::no;
  double factor = 1;
};

// Every rule that can be told of this block.
[[nodiscard]] std::vector<ChoiceRule> choice_rules(const Routing& routing, std::size_t count);
[[nodiscard]] std::vector<WeightRule> weight_rules(const Routing& routing);

// What a rule makes of the router's logits, which must be there: 1 where it chooses; the weights of what is chosen.
[[nodiscard]] Matrix chosen_by(const Routing& routing, const ChoiceRule& rule);
[[nodiscard]] Matrix weighed_by(const Routing& routing, const WeightRule& rule, const Matrix& chosen);

struct Difference {
  std::string sentence;
  std::optional<std::string> field;  // the config key it goes back to

  [[nodiscard]] auto operator<=>(const Difference&) const = default;
};

// In what the port's rule differs.
[[nodiscard]] std::vector<Difference> differences(const Routing& routing, const ChoiceRule& port,
                                                  const ChoiceRule& reference);
[[nodiscard]] std::vector<Difference> differences(const Routing& routing, const WeightRule& port,
                                                  const WeightRule& reference);

// The weights as a multiple of the reference's, and the multiplier of config that it goes back to.
[[nodiscard]] Difference multiple_of_weights(const Json& config, double times);

// All of them in one sentence, behind what the cause says already, and the first key.
void say(const std::vector<Difference>& differences, results::Cause& cause);

// The config key that says how many experts a token goes to.
[[nodiscard]] std::optional<std::string> count_key(const Json& config, std::size_t count);

// What of all pairs of a port's and a reference's rule, both of which fit, differs least.
template <class Rule>
[[nodiscard]] std::set<std::vector<Difference>> least_differences(const Routing& routing, const std::vector<Rule>& port,
                                                                  const std::vector<Rule>& reference) {
  std::set<std::vector<Difference>> least;
  for (const Rule& got : port) {
    for (const Rule& want : reference) {
      auto found = differences(routing, got, want);
      if (found.empty() || (!least.empty() && found.size() > least.begin()->size())) continue;
      if (!least.empty() && found.size() < least.begin()->size()) least.clear();
      least.insert(std::move(found));
    }
  }
  return least;
}

}  // namespace portwright::diagnose
