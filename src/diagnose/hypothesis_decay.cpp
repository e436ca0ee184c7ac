// Decay and beta of a recurrence, a number for each head: of other features of their projection, of another
// projection, by another function of them, or within other limits.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "diagnose/activations.hpp"
#include "diagnose/config_values.hpp"
#include "diagnose/nearest.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

// The features, one a head, that decay or beta are a function of.
struct Features {
  const Projected* from = nullptr;
  std::vector<std::size_t> of_head;

  bool operator==(const Features&) const = default;
};

// A gate of the rule as a function of one feature; `a_log` and `dt_bias` are the head's (transformers, the forward of
// Qwen3NextGatedDeltaNet: exp(-exp(A_log) softplus(a + dt_bias))).
struct Head {
  double a_log = 0;
  double dt_bias = 0;
};
struct Gate {
  std::string_view cause;  // what a port does that computes this one instead of the first of the table
  std::string_view words;
  double (*of)(double x, const Head& head);
};
// What the numbers are held between.
struct Limits {
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();

  bool operator==(const Limits&) const = default;
};
using activation_functions::sigmoid;
using activation_functions::softplus;

constexpr std::array decays{
    Gate{"", "",
         [](double x, const Head& head) { return std::exp(-std::exp(head.a_log) * softplus(x + head.dt_bias)); }},
    Gate{"bias-dropped", "the port does not add dt_bias to what makes the decay",
         [](double x, const Head& head) { return std::exp(-std::exp(head.a_log) * softplus(x)); }},
    Gate{"bias-dropped", "the port adds dt_bias behind the softplus that makes the decay, where it stands within",
         [](double x, const Head& head) { return std::exp(-std::exp(head.a_log) * (softplus(x) + head.dt_bias)); }},
    Gate{"activation", "no activation where the reference computes softplus of what makes the decay",
         [](double x, const Head& head) { return std::exp(-std::exp(head.a_log) * (x + head.dt_bias)); }},
    Gate{"activation", "the decay is made with A_log itself where the reference takes its exponential",
         [](double x, const Head& head) { return std::exp(-head.a_log * softplus(x + head.dt_bias)); }},
    Gate{"activation", "the decay is made with A_log itself, its sign kept, where the reference takes -exp(A_log)",
         [](double x, const Head& head) { return std::exp(head.a_log * softplus(x + head.dt_bias)); }},
    Gate{"activation", "the decay is handed on as its logarithm, where the reference multiplies with its exponential",
         [](double x, const Head& head) { return -std::exp(head.a_log) * softplus(x + head.dt_bias); }},
};
constexpr std::array betas{
    Gate{"", "", [](double x, const Head&) { return sigmoid(x); }},
    Gate{"", "", [](double x, const Head&) { return 2 * sigmoid(x); }},
    Gate{"activation", "no activation where the reference computes sigmoid of what makes beta",
         [](double x, const Head&) { return x; }},
    Gate{"activation", "silu where the reference computes sigmoid of what makes beta",
         [](double x, const Head&) { return x * sigmoid(x); }},
    Gate{"activation", "softplus where the reference computes sigmoid of what makes beta",
         [](double x, const Head&) { return softplus(x); }},
    Gate{"activation", "tanh where the reference computes sigmoid of what makes beta",
         [](double x, const Head&) { return std::tanh(x); }},
};
// Of a selective scan, whose beta is the step (transformers, mamba2_chunk_scan).
constexpr std::array steps{
    Gate{"", "", [](double x, const Head& head) { return softplus(x + head.dt_bias); }},
    Gate{"bias-dropped", "the port does not add dt_bias to what makes the step",
         [](double x, const Head&) { return softplus(x); }},
    Gate{"bias-dropped", "the port adds dt_bias behind the softplus that makes the step, where it stands within",
         [](double x, const Head& head) { return softplus(x) + head.dt_bias; }},
    Gate{"activation", "no activation where the reference computes softplus of what makes the step",
         [](double x, const Head& head) { return x + head.dt_bias; }},
    Gate{"activation", "sigmoid where the reference computes softplus of what makes the step",
         [](double x, const Head& head) { return sigmoid(x + head.dt_bias); }},
    Gate{"activation", "exp where the reference computes softplus of what makes the step",
         [](double x, const Head& head) { return std::exp(x + head.dt_bias); }},
};
constexpr std::array<std::span<const Gate>, 1> tables_of_decay{decays};
constexpr std::array<std::span<const Gate>, 2> tables_of_beta{betas, steps};

struct MadeGates {
  std::vector<Projected> sources;
  std::vector<Head> heads;
  std::span<const Gate> gates;
  const Gate* right = nullptr;
  Features features;
  Limits limits;
};

double within(const Limits& limits, double value) { return std::clamp(value, limits.least, limits.most); }

Matrix computed(const MadeGates& made, const Gate& gate, const Features& features, const Limits& limits,
                const Matrix& like) {
  Matrix result = like;
  for (std::size_t row = 0; row < like.rows; ++row) {
    for (std::size_t head = 0; head < like.columns; ++head) {
      const double x = features.from->array.row(row)[features.of_head[head]];
      result.row(row)[head] = within(limits, gate.of(x, made.heads[head]));
    }
  }
  return result;
}

// The key of a step that holds the number, or a list with it; empty where none does.
std::string key_with(const Json& config, double number) {
  const auto is_it = [&](const Json& value) {
    return value.is_number() && std::abs(value.get<double>() - number) <= 1e-6 * std::abs(number);
  };
  for (const auto& [key, value] : config.items()) {
    const bool is_step = key.find("step") != std::string::npos || key.find("dt") != std::string::npos;
    if (is_step && (is_it(value) || (value.is_array() && std::ranges::any_of(value, is_it)))) return key;
    if (!value.is_object()) continue;
    if (const std::string below = key_with(value, number); !below.empty()) return key + "." + below;
  }
  return {};
}

// The extremes that are no chance: more than one number has them, on the rows that form, or the config names them.
Limits limits_of(const Matrix& array, const Json& config) {
  const auto [least, most] = std::ranges::minmax(array.values);
  const auto is_limit = [&](double extreme) {
    std::ptrdiff_t times = 0;
    for (std::size_t row = 0; row < array.rows; row += 2) times += std::ranges::count(array.row(row), extreme);
    return times > 1 || !key_with(config, extreme).empty();
  };
  return {is_limit(least) ? least : Limits{}.least, is_limit(most) ? most : Limits{}.most};
}

// Of each head the feature whose gate comes nearest to its numbers, on the rows that form.
Features nearest_features(const MadeGates& made, const Gate& gate, const Projected& from, const Matrix& target) {
  Features features{&from, {}};
  for (std::size_t head = 0; head < target.columns; ++head) {
    std::size_t best = 0;
    double least = INFINITY;
    for (std::size_t feature = 0; feature < from.array.columns; ++feature) {
      double error = 0;
      for (std::size_t row = 0; row < target.rows && error < least; row += 2) {
        const double number = within(made.limits, gate.of(from.array.row(row)[feature], made.heads[head]));
        const double apart = number - target.row(row)[head];
        error += apart * apart;
      }
      if (error >= least) continue;
      least = error;
      best = feature;
    }
    features.of_head.push_back(best);
  }
  return features;
}

// Empty where a decay cannot be made: a beta may do without.
std::vector<Head> heads_of(const Scene& scene, bool is_decay) {
  std::vector<Head> heads(scene.want.columns);
  const std::string path = module_of(scene.call().path);
  const auto a_log = scene.parameter(path + ".A_log");
  const auto dt_bias = scene.parameter(path + ".dt_bias");
  if (!a_log || !dt_bias || a_log->size() != heads.size() || dt_bias->size() != heads.size()) {
    return is_decay ? std::vector<Head>{} : heads;
  }
  for (std::size_t i = 0; i < heads.size(); ++i) heads[i] = {(*a_log)[i], (*dt_bias)[i]};
  return heads;
}

// How the reference makes them; `right` is null where it is not found.
MadeGates made_gates(const Scene& scene) {
  MadeGates made;
  const std::string function = function_of(scene.call().path);
  const bool is_decay = function == "recurrence_decay";
  if (scene.event.is_end || scene.want.shape.size() != 3 || (!is_decay && function != "recurrence_beta")) return made;
  using Tables = std::span<const std::span<const Gate>>;
  made.limits = is_decay ? Limits{} : limits_of(scene.want, scene.config);
  made.heads = heads_of(scene, is_decay);
  if (made.heads.empty()) return made;
  made.sources = projected_before(scene);
  for (const std::span<const Gate> table : is_decay ? Tables(tables_of_decay) : Tables(tables_of_beta)) {
    for (const Gate& gate : table) {
      if (!gate.cause.empty()) continue;
      for (const Projected& from : made.sources) {
        if (from.array.rows != scene.want.rows) continue;
        Features features = nearest_features(made, gate, from, scene.want);
        // Both are float32 within the reference's own lines.
        constexpr double rounded = 1e-5;
        const Matrix again = computed(made, gate, features, made.limits, scene.want);
        if (relative_l2(again, scene.want, false) > rounded) continue;
        made.gates = table;
        made.right = &gate;
        made.features = std::move(features);
        return made;
      }
    }
  }
  return made;
}

std::optional<Prediction> by_another_function(const Scene& scene, std::string_view cause) {
  const MadeGates made = made_gates(scene);
  if (made.right == nullptr) return std::nullopt;
  Nearest nearest(scene.got);
  for (const Gate& gate : made.gates) {
    if (gate.cause != cause) continue;
    nearest.consider(
        {computed(made, gate, made.features, made.limits, scene.want), std::string(gate.words), {}, "always"});
  }
  return std::move(nearest).best();
}

std::string name_of(const Scene& scene, const MadeGates& made) {
  if (function_of(scene.call().path) == "recurrence_decay") return "decay";
  return made.gates.data() == steps.data() ? "step" : "beta";
}

// "at least 0.05 (config time_step_min) and at most 0.3"; "any number"
std::string in_words(const Json& config, const Limits& limits) {
  std::vector<std::string> words;
  for (const auto& [limit, bound] : {std::pair{limits.least, "at least "}, std::pair{limits.most, "at most "}}) {
    if (limit == Limits{}.least || limit == Limits{}.most) continue;
    const std::string key = key_with(config, limit);
    words.push_back(bound + digits(limit) + (key.empty() ? "" : " (config " + key + ")"));
  }
  return words.empty() ? "not limited" : words.size() == 1 ? words.front() : words.front() + " and " + words.back();
}

// "feature 0 of model.layers.*.linear_attn.b_proj's output"
std::string in_words(const Scene& scene, const Features& features, std::size_t head) {
  return "feature " + std::to_string(features.of_head[head]) + " of " +
         starred(scene.calls[features.from->maker].path).path + "'s output";
}

}  // namespace

std::optional<Prediction> predict_decay_activation(const Scene& scene) {
  return by_another_function(scene, "activation");
}

std::optional<Prediction> predict_decay_bias(const Scene& scene) { return by_another_function(scene, "bias-dropped"); }

std::optional<Prediction> predict_decay_cut(const Scene& scene) {
  const MadeGates made = made_gates(scene);
  if (made.right == nullptr) return std::nullopt;
  Nearest nearest(scene.got);
  for (const Projected& from : made.sources) {
    if (from.array.rows != scene.want.rows) continue;
    const Features features = nearest_features(made, *made.right, from, scene.got);
    if (features == made.features) continue;
    std::size_t head = 0;
    while (features.from == made.features.from && features.of_head[head] == made.features.of_head[head]) ++head;
    nearest.consider({computed(made, *made.right, features, made.limits, scene.want),
                      "the port makes the " + name_of(scene, made) + " of " + in_words(scene, features, head) +
                          " for head " + std::to_string(head) + " where the reference takes " +
                          in_words(scene, made.features, head),
                      {},
                      "always"});
  }
  return std::move(nearest).best();
}

std::optional<Prediction> predict_step_limits(const Scene& scene) {
  const MadeGates made = made_gates(scene);
  const Limits limits = limits_of(scene.got, scene.config);
  if (made.right == nullptr || name_of(scene, made) != "step" || limits == made.limits) return std::nullopt;
  const double limit = made.limits.least > Limits{}.least ? made.limits.least : made.limits.most;
  const std::string key = key_with(scene.config, limit);
  return Prediction{.predicted = computed(made, *made.right, made.features, limits, scene.want),
                    .sentence = "the step is " + in_words(scene.config, limits) + " where the reference's is " +
                                in_words(scene.config, made.limits),
                    .field = key.empty() ? std::nullopt : std::optional(key),
                    .when = "only where a step is beyond one of the limits"};
}

bool is_gate_of_recurrence(const Scene& scene) {
  const std::string function = function_of(scene.call().path);
  return !scene.event.is_end && (function == "recurrence_decay" || function == "recurrence_beta");
}

}  // namespace portwright::diagnose
