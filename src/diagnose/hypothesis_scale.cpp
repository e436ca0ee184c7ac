// The port's array is a multiple of the reference's: one number for all, or one number a row.
#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnose/config_values.hpp"
#include "diagnose/hypothesis.hpp"
#include "diagnose/localise.hpp"

namespace portwright::diagnose {
namespace {

bool is_attention(const Scene& scene) { return function_of(scene.call().path) == "attention" && !scene.event.is_end; }

}  // namespace

std::optional<Prediction> predict_scaled(const Scene& scene) {
  if (is_attention(scene)) return std::nullopt;
  const double factor = scale_between(scene.got, scene.want);
  if (factor == 0) return std::nullopt;
  Prediction made{scaled_by(scene.want, factor), "", {}, "always"};
  const bool lost = factor < 1;
  // Either the port lost a multiplier a, and is 1 / a of the reference, or it has one too many.
  if (const auto value = config_value(scene.config, factor)) {
    made.field = value->key;
    made.sentence = digits(factor) + " times the reference, as if " + value->form + " (" + value->key + " is " +
                    digits(value->value) + ") were multiplied in once too often or not divided by";
  } else {
    made.sentence = digits(factor) + " times the reference: a multiplier is " +
                    (lost ? "missing or too small" : "too large or too many");
  }
  return made;
}

void say_scale(const Scene& scene, double port, double reference, Prediction& made) {
  made.sentence = "attention scale " + digits(port) + " where the reference computes with " + digits(reference);
  if (const auto value = config_value(scene.config, reference)) {
    made.field = value->key;
    made.sentence += ", " + value->form;
  }
  if (const auto value = config_value(scene.config, port)) made.sentence += "; the port's is " + value->form;
}

std::optional<Prediction> predict_attention_scale(const Scene& scene) {
  if (scene.event.is_end) return predict_scale_of_scores(scene);
  if (!is_attention(scene)) return std::nullopt;
  const auto found = scene.call().scalars.find("scale");
  const double factor = scale_between(scene.got, scene.want);
  if (found == scene.call().scalars.end() || factor == 0) return std::nullopt;
  // The queries before the scale are the reference's but for a factor, which is the port's scale over the reference's.
  const double scale = found->second * factor;
  Prediction made{scaled_by(scene.want, factor), "", {}, "always"};
  say_scale(scene, scale, found->second, made);
  return made;
}

std::optional<Prediction> predict_row_scaled(const Scene& scene) {
  // The rows of a state are elements of keys, no positions.
  if (scene.want.columns < 4 || function_of(scene.call().path) == "recurrence_state") return std::nullopt;
  Prediction made{scene.want, "", {}, "always"};
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < scene.want.rows; ++row) {
    const double factor = row_scale(scene.got.row(row), scene.want.row(row));
    least = std::min(least, factor);
    most = std::max(most, factor);
    for (double& value : made.predicted.row(row)) value *= factor;
  }
  // One factor for all rows is another cause's.
  if (most - least < 1e-3 * std::abs(most)) return std::nullopt;
  made.sentence = "each position is a multiple of the reference's, by " + digits(least) + " to " + digits(most) +
                  ": weights that are not normalised, or normalised over other elements";
  return made;
}

std::optional<Prediction> predict_reordered(const Scene& scene) {
  // Numbers that are only a little off stand in the same order, too.
  constexpr double far_off = 0.1;
  if (relative_l2(scene.got, scene.want, true) < far_off) return std::nullopt;
  const auto sorted = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values;
  };
  const std::vector<double> got = sorted(scene.got.values);
  const std::vector<double> want = sorted(scene.want.values);
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    error += (got[i] - want[i]) * (got[i] - want[i]);
    size += want[i] * want[i];
  }
  if (!(error <= std::pow(suspect_over_floor * scene.floor, 2) * size)) return std::nullopt;
  return Prediction{
      scene.got,
      "the same numbers in another order: axes that are not exchanged, or exchanged once too often, before "
      "a reshape",
      {},
      "always"};
}

}  // namespace portwright::diagnose
