// Decay and beta of a gated delta rule, a number for each head: of other features of their projection, of another
// projection, or by another function of them.
#include <algorithm>
#include <array>
#include <cmath>

#include "diagnose/activations.hpp"
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

struct MadeGates {
  std::vector<Projected> sources;
  std::vector<Head> heads;
  std::span<const Gate> gates;
  const Gate* right = nullptr;
  Features features;
};

Matrix computed(const MadeGates& made, const Gate& gate, const Features& features, const Matrix& like) {
  Matrix result = like;
  for (std::size_t row = 0; row < like.rows; ++row) {
    for (std::size_t head = 0; head < like.columns; ++head) {
      result.row(row)[head] = gate.of(features.from->array.row(row)[features.of_head[head]], made.heads[head]);
    }
  }
  return result;
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
        const double apart = gate.of(from.array.row(row)[feature], made.heads[head]) - target.row(row)[head];
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

std::vector<Head> heads_of(const Scene& scene, bool is_decay) {
  std::vector<Head> heads(scene.want.columns);
  if (!is_decay) return heads;
  const std::string path = module_of(scene.call().path);
  const auto a_log = scene.parameter(path + ".A_log");
  const auto dt_bias = scene.parameter(path + ".dt_bias");
  if (!a_log || !dt_bias || a_log->size() != heads.size() || dt_bias->size() != heads.size()) return {};
  for (std::size_t i = 0; i < heads.size(); ++i) heads[i] = {(*a_log)[i], (*dt_bias)[i]};
  return heads;
}

// How the reference makes them; `right` is null where it is not found.
MadeGates made_gates(const Scene& scene) {
  MadeGates made;
  const std::string function = function_of(scene.call().path);
  const bool is_decay = function == "recurrence_decay";
  if (scene.event.is_end || scene.want.shape.size() != 3 || (!is_decay && function != "recurrence_beta")) return made;
  made.gates = is_decay ? std::span<const Gate>(decays) : std::span<const Gate>(betas);
  made.heads = heads_of(scene, is_decay);
  if (made.heads.empty()) return made;
  made.sources = projected_before(scene);
  for (const Gate& gate : made.gates) {
    if (!gate.cause.empty()) continue;
    for (const Projected& from : made.sources) {
      if (from.array.rows != scene.want.rows) continue;
      Features features = nearest_features(made, gate, from, scene.want);
      // Both are float32 within the reference's own lines.
      constexpr double rounded = 1e-5;
      if (relative_l2(computed(made, gate, features, scene.want), scene.want, false) > rounded) continue;
      made.right = &gate;
      made.features = std::move(features);
      return made;
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
    nearest.consider({computed(made, gate, made.features, scene.want), std::string(gate.words), {}, "always"});
  }
  return std::move(nearest).best();
}

std::string name_of(const Scene& scene) {
  return function_of(scene.call().path) == "recurrence_beta" ? "beta" : "decay";
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
    nearest.consider({computed(made, *made.right, features, scene.want),
                      "the port makes the " + name_of(scene) + " of " + in_words(scene, features, head) + " for head " +
                          std::to_string(head) + " where the reference takes " + in_words(scene, made.features, head),
                      {},
                      "always"});
  }
  return std::move(nearest).best();
}

bool is_gate_of_recurrence(const Scene& scene) {
  const std::string function = function_of(scene.call().path);
  return !scene.event.is_end && (function == "recurrence_decay" || function == "recurrence_beta");
}

}  // namespace portwright::diagnose
