#include "diagnose/causes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnose/localise.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::array table{
    Hypothesis{"mask", "mask", predict_mask},
    Hypothesis{"attention-scale", "scale", predict_attention_scale},
    Hypothesis{"norm-eps", "", predict_norm_eps},
    Hypothesis{"norm-weight-offset", "", predict_norm_offset},
    Hypothesis{"bias-dropped", "", predict_bias_dropped},
    Hypothesis{"activation", "activation", predict_activation},
    Hypothesis{"softcap", "softcap", predict_softcap},
    Hypothesis{"module-skipped", "", predict_module_skipped},
    Hypothesis{"wrong-input", "", predict_wrong_input},
    Hypothesis{"sum-term", "", predict_sum_term},
    Hypothesis{"head-order", "attention", predict_head_order},
    Hypothesis{"scaled", "", predict_scaled},
};

// Takes a number from every row, also from those it is held against: it only describes, where nothing explains.
constexpr Hypothesis description{"row-scaled", "", predict_row_scaled};

// Of mixture-of-experts blocks, which are asked for more than one array (diagnose/routing.hpp).
constexpr std::array of_experts{"router-choice", "router-weights", "experts-not-weighted"};

struct Explained {
  results::Cause cause;
  double left = 0;                // over the floor, on the rows that prove
  std::vector<double> predicted;  // of the first scene
};

// What is left of the port's array after the hypothesis, on rows that did not form it; nothing where it says nothing.
std::optional<Explained> explained(const Hypothesis& hypothesis, const std::vector<Scene>& scenes) {
  Explained result;
  double removed = 1;
  for (const Scene& scene : scenes) {
    const std::optional<Prediction> made = hypothesis.predict(scene);
    if (!made || !same_size(made->predicted, scene.got)) return std::nullopt;
    const double error = relative_l2(scene.got, scene.want, false);
    const double left = relative_l2(scene.got, made->predicted, false);
    if (!std::isfinite(left)) return std::nullopt;
    result.left = std::max(result.left, left / scene.floor);
    removed = std::min(removed, error == 0 ? 0 : std::max(0.0, 1 - left / error));
    if (result.cause.sentence.empty()) {
      result.cause.sentence = made->sentence;
      result.cause.field = made->field;
      result.cause.when = made->when;
      result.predicted = made->predicted.values;
    }
  }
  result.cause.name = hypothesis.name;
  result.cause.error_removed = removed;
  return result;
}

}  // namespace

std::vector<std::string_view> cause_names() {
  std::vector<std::string_view> names;
  for (const Hypothesis& hypothesis : table) names.push_back(hypothesis.name);
  names.push_back(description.name);
  names.insert(names.end(), of_experts.begin(), of_experts.end());
  return names;
}

std::string_view function_of_cause(std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Hypothesis& one) { return one.name == name; });
  return found == table.end() ? std::string_view() : found->function;
}

bool is_rotated(const Scene& scene) {
  const std::string function = function_of(scene.call().path);
  if (scene.event.is_end || (function != "attention" && function != "attention_key")) return false;
  constexpr double same_length = 1e-4;  // angles of a wrong rotation are off by far more
  for (std::size_t row = 0; row < scene.want.rows; ++row) {
    const double got = std::sqrt(dot(scene.got.row(row), scene.got.row(row)));
    const double want = std::sqrt(dot(scene.want.row(row), scene.want.row(row)));
    if (std::abs(got - want) > same_length * want) return false;
  }
  return true;
}

std::vector<results::Cause> causes_of(const std::vector<Scene>& scenes) {
  if (scenes.empty()) return {};
  std::vector<Explained> fitting;
  for (const Hypothesis& hypothesis : table) {
    auto found = explained(hypothesis, scenes);
    if (!found || found->left > suspect_over_floor) continue;
    // To the same number the same prediction is the same statement in other words.
    const bool said = std::any_of(fitting.begin(), fitting.end(),
                                  [&](const Explained& other) { return other.predicted == found->predicted; });
    if (!said) fitting.push_back(std::move(*found));
  }
  const bool explains = !fitting.empty();
  if (auto found = explains ? std::nullopt : explained(description, scenes);
      found && found->left <= suspect_over_floor) {
    fitting.push_back(std::move(*found));
  }
  std::vector<results::Cause> causes;
  for (Explained& one : fitting) {
    one.cause.proved = explains && fitting.size() == 1;
    causes.push_back(std::move(one.cause));
  }
  return causes;
}

}  // namespace portwright::diagnose
