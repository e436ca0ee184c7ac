#include "diagnose/causes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>

#include "diagnose/localise.hpp"
#include "diagnose/nearby.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::array table{
    Hypothesis{"mask", "mask", predict_mask},
    Hypothesis{"attention-scale", "scale", predict_attention_scale},
    Hypothesis{"head-layout", "", predict_head_layout},
    Hypothesis{"cut-elsewhere", "", predict_cut},
    Hypothesis{"not-clipped", "", predict_not_clipped},
    Hypothesis{"step-limits", "", predict_step_limits},
    Hypothesis{"rope-missing", "rope", predict_rope_missing},
    Hypothesis{"rope-extra", "rope", predict_rope_extra},
    Hypothesis{"rope-by-head", "rope", predict_rope_by_head},
    Hypothesis{"rope-partial", "rope", predict_rope_end},
    Hypothesis{"rope-order", "rope", predict_rope_order},
    Hypothesis{"norm-eps", "", predict_norm_eps},
    Hypothesis{"norm-weight-offset", "", predict_norm_offset},
    Hypothesis{"norm-kind", "", predict_norm_kind},
    Hypothesis{"norm-axis", "", predict_norm_axis},
    Hypothesis{"unit-length", "", predict_unit_length},
    Hypothesis{"other-weight", "", predict_other_weight},
    Hypothesis{"weight-order", "", predict_transposed},
    Hypothesis{"bias-dropped", "", predict_bias_dropped},
    Hypothesis{"activation", "activation", predict_activation},
    Hypothesis{"factor-exchanged", "", predict_factor_exchanged},
    Hypothesis{"softcap", "softcap", predict_softcap},
    Hypothesis{"sinks-dropped", "attention", predict_sinks_dropped},
    Hypothesis{"module-skipped", "", predict_module_skipped},
    Hypothesis{"wrong-input", "", predict_wrong_input},
    Hypothesis{"sum-term", "", predict_sum_term},
    Hypothesis{"term-exchanged", "", predict_term_exchanged},
    Hypothesis{"head-order", "attention", predict_head_order},
    Hypothesis{"scaled", "", predict_scaled},
};

// Many arrays and their sums are tried: asked where nothing above fits.
constexpr std::array searches{
    Hypothesis{"wrong-sum", "", predict_wrong_sum},
    Hypothesis{"norm-extra", "", predict_norm_extra},
    Hypothesis{"norm-input", "", predict_norm_input},
    Hypothesis{"shifted", "", predict_shifted},
};

// They take numbers from every row, also from those they are held against: they only describe, where nothing explains.
constexpr std::array descriptions{
    Hypothesis{"row-scaled", "", predict_row_scaled},
    Hypothesis{"reordered", "", predict_reordered},
};

// Of mixture-of-experts blocks, which are asked for more than one array (diagnose/routing.hpp).
constexpr std::array of_experts{"router-choice", "router-weights", "experts-not-weighted"};

struct Explained {
  results::Cause cause;
  double left = 0;                // over the floor, on the rows that prove
  std::vector<double> predicted;  // of the first scene
};

// What is left of the port's array after the hypothesis, on rows that did not form it; nothing where it says nothing.
std::optional<Explained> explained(const Hypothesis& hypothesis, const std::vector<Scene>& scenes) {
  if (scenes.empty()) return std::nullopt;
  Explained result;
  double removed = 1;
  for (const Scene& scene : scenes) {
    const std::optional<Prediction> made = hypothesis.predict(scene);
    if (!made || !same_size(made->predicted, scene.got)) return std::nullopt;
    const double error = relative_l2(scene.got, scene.want, false);
    const double left = relative_l2(scene.got, made->predicted, false);
    if (!std::isfinite(left)) return std::nullopt;
    result.left = std::max(result.left, left / std::max(scene.floor, made->rounding));
    removed = std::min(removed, error == 0 ? 0 : std::max(0.0, 1 - left / error));
    if (result.cause.sentence.empty()) {
      result.cause.sentence = made->sentence;
      result.cause.field = made->field;
      result.cause.when = made->when;
      result.cause.name = made->name.value_or(hypothesis.name);
      result.predicted = made->predicted.values;
    }
  }
  result.cause.error_removed = removed;
  return result;
}

// Two that come to the same numbers are one statement in other words.
bool are_equal(const std::vector<double>& one, const std::vector<double>& other) {
  constexpr double equal = 1e-12;  // of float64
  return are_close(one, other, equal);
}

// The call that handed out the right array: a module, or else a function that the module went through.
const Call* maker_of(const Scene& scene) {
  if (const Call* const module = made_by(scene)) return module;
  const Call* maker = nullptr;
  for (std::size_t i = 0; i < scene.event.call; ++i) {
    const Call& call = scene.calls[i];
    if (call.parent != scene.call().parent || function_of(call.path).empty()) continue;
    if (call.out.elements() != static_cast<std::int64_t>(scene.want.values.size())) continue;
    const auto output = scene.reference(call.name() + ":out");
    if (output && output->values == scene.want.values) maker = &call;
  }
  return maker;
}

// The same arrays as the outputs of the calls that made the right ones: what is a port's own line may be a module of
// the reference. Empty where not all of them have such a call.
std::vector<Scene> at_their_makers(const std::vector<Scene>& scenes) {
  std::vector<Scene> result;
  for (const Scene& scene : scenes) {
    const Call* const maker = maker_of(scene);
    if (maker == nullptr) return {};
    Scene there = scene;
    there.event = {static_cast<std::size_t>(maker - scene.calls.data()), true};
    if (!function_of(maker->path).empty()) {
      there.got = matrix(maker->out.shape, scene.got.values);
      there.want = matrix(maker->out.shape, scene.want.values);
    }
    result.push_back(std::move(there));
  }
  return result;
}

std::vector<Explained> all_that_fit(std::span<const Hypothesis> hypotheses, const std::vector<Scene>& scenes,
                                    const std::vector<Scene>& makers) {
  std::vector<Explained> fitting;
  for (const Hypothesis& hypothesis : hypotheses) {
    auto found = explained(hypothesis, scenes);
    if (!found || found->left > suspect_over_floor) found = explained(hypothesis, makers);
    if (!found || found->left > suspect_over_floor) continue;
    const bool said = std::any_of(fitting.begin(), fitting.end(),
                                  [&](const Explained& other) { return are_equal(other.predicted, found->predicted); });
    if (!said) fitting.push_back(std::move(*found));
  }
  return fitting;
}

}  // namespace

std::vector<std::string_view> cause_names() {
  std::vector<std::string_view> names;
  const auto add = [&](std::span<const Hypothesis> hypotheses) {
    std::ranges::transform(hypotheses, std::back_inserter(names), &Hypothesis::name);
  };
  add(table);
  add(searches);
  add(descriptions);
  names.insert(names.end(), of_experts.begin(), of_experts.end());
  return names;
}

bool only_describes(std::string_view name) {
  return std::ranges::find(descriptions, name, &Hypothesis::name) != descriptions.end();
}

std::string_view function_of_cause(std::string_view name) {
  const auto* const found = std::ranges::find(table, name, &Hypothesis::name);
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
  const std::vector<Scene> makers = at_their_makers(scenes);
  std::vector<Explained> fitting = all_that_fit(table, scenes, makers);
  if (fitting.empty()) fitting = all_that_fit(searches, scenes, makers);
  const bool explains = !fitting.empty();
  for (const Hypothesis& description : descriptions) {
    if (!fitting.empty()) break;
    auto found = explained(description, scenes);
    if (found && found->left <= suspect_over_floor) fitting.push_back(std::move(*found));
  }
  std::vector<results::Cause> causes;
  for (Explained& one : fitting) {
    one.cause.proved = explains && fitting.size() == 1;
    causes.push_back(std::move(one.cause));
  }
  return causes;
}

}  // namespace portwright::diagnose
