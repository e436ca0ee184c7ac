// A norm with another eps, another convention for its weight, or of the other kind.
#include <array>
#include <cmath>

#include "diagnose/config_values.hpp"
#include "diagnose/norm_model.hpp"
#include "diagnose/operand.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

std::optional<ConfigValue> key_of(const std::vector<ConfigValue>& configured, double eps) {
  for (const ConfigValue& one : configured) {
    if (std::abs(one.value - eps) < 1e-3 * one.value) return one;
  }
  return std::nullopt;
}

}  // namespace

Prediction with_other_eps(const Json& config, Matrix predicted, double port, double reference) {
  const std::vector<ConfigValue> configured = configured_eps(config);
  Prediction made{std::move(predicted), "the norm computes with eps " + digits(port), {}, "always"};
  if (const auto key = key_of(configured, port)) made.sentence += " (config " + key->key + ")";
  if (const auto key = key_of(configured, reference)) {
    made.field = key->key;
    made.sentence += " where config " + key->key + " says " + digits(reference);
    made.when = "only where " + key->key + " is not " + digits(port);
  } else {
    made.sentence += " where the reference computes with " + digits(reference);
  }
  return made;
}

namespace {

// Of a norm that does more than one (a gate behind it): want / got = sqrt((m + port's eps) / (m + eps)) in every row, m
// its mean square, and eps one that the config says or that is usual.
std::optional<Prediction> eps_by_ratio(const Scene& scene) {
  const Call& call = scene.call();
  if (!scene.event.is_end || !is_norm(call)) return std::nullopt;
  const auto input = scene.reference(call.name() + ":in");
  if (!input || !same_size(*input, scene.want)) return std::nullopt;
  std::optional<Prediction> best;
  double least = INFINITY;
  for (const ConfigValue& reference : likely_eps(scene.config)) {
    std::vector<double> found;
    for (std::size_t row = 0; row < input->rows; ++row) {
      const double factor = row_scale(scene.got.row(row), scene.want.row(row));
      const double square = mean_square(input->row(row), false);
      if (forms(row) && factor > 0) found.push_back((square + reference.value) / (factor * factor) - square);
    }
    const double eps = median(std::move(found));
    Matrix predicted = scene.want;
    for (std::size_t row = 0; row < input->rows; ++row) {
      const double square = mean_square(input->row(row), false);
      const double inside = (square + reference.value) / (square + eps);
      for (double& value : predicted.row(row)) value *= inside > 0 ? std::sqrt(inside) : 0;
    }
    const double error = relative_l2(scene.got, predicted, true);
    if (!(error < least)) continue;
    least = error;
    best = with_other_eps(scene.config, std::move(predicted), eps, reference.value);
  }
  return best;
}

// The reference adds eps to the mean square; added to its root it weighs the more the smaller the row.
Prediction eps_outside_the_root(const Scene& scene, const NormModel& model) {
  Prediction made{scene.want,
                  "eps is added to the root of the mean square where the reference adds it under the root",
                  {},
                  "always"};
  for (std::size_t row = 0; row < made.predicted.rows; ++row) {
    const double square = mean_square(model.input.row(row), model.centred);
    const double factor = std::sqrt(square + model.eps) / (std::sqrt(square) + model.eps);
    for (std::size_t i = 0; i < made.predicted.columns; ++i) {
      const double bias = model.at(model.bias, row, i);
      made.predicted.row(row)[i] = (made.predicted.row(row)[i] - bias) * factor + bias;
    }
  }
  return made;
}

Prediction other_offset(Matrix predicted, bool reference_adds_one) {
  return {std::move(predicted),
          reference_adds_one ? "the norm multiplies with its weight where the reference multiplies with 1 + weight"
                             : "the norm multiplies with 1 + weight where the reference multiplies with its weight",
          {},
          "always"};
}

// Of a norm that does more than one (a gate behind it): each column is off by the factor that this makes of its weight.
std::optional<Prediction> offset_by_ratio(const Scene& scene) {
  const Call& call = scene.call();
  if (!scene.event.is_end || !is_norm(call)) return std::nullopt;
  const auto weight = scene.parameter(call.path + ".weight");
  if (!weight || weight->empty() || scene.want.columns % weight->size() != 0) return std::nullopt;
  std::optional<Prediction> best;
  for (const bool reference_adds_one : {false, true}) {
    Matrix predicted = scene.want;
    for (std::size_t i = 0; i < predicted.values.size(); ++i) {
      const double w = (*weight)[i % predicted.columns % weight->size()];
      predicted.values[i] *= reference_adds_one ? w / (1 + w) : (1 + w) / w;
    }
    if (best && relative_l2(scene.got, predicted, true) >= relative_l2(scene.got, best->predicted, true)) continue;
    best = other_offset(std::move(predicted), reference_adds_one);
  }
  return best;
}

}  // namespace

std::optional<Prediction> predict_norm_eps(const Scene& scene) {
  if (!recurrent_operand(scene).empty()) return predict_unit_length_eps(scene);
  if (is_operand(scene)) return predict_operand_eps(scene);
  auto model = norm_model(scene);
  if (!model) return eps_by_ratio(scene);
  const double reference = model->eps;
  Prediction outside = eps_outside_the_root(scene, *model);
  model->eps = eps_of(*model, scene.got, false);
  Prediction other = with_other_eps(scene.config, model->computed(), model->eps, reference);
  if (relative_l2(scene.got, outside.predicted, true) < relative_l2(scene.got, other.predicted, true)) return outside;
  if (std::abs(model->eps - reference) < 1e-3 * reference) return std::nullopt;
  return other;
}

std::optional<Prediction> predict_norm_offset(const Scene& scene) {
  auto model = norm_model(scene);
  if (!model) return offset_by_ratio(scene);
  for (double& value : model->factor) value += model->adds_one ? -1 : 1;
  return other_offset(model->computed(), model->adds_one);
}

std::optional<Prediction> predict_norm_kind(const Scene& scene) {
  auto model = norm_model(scene);
  if (!model) return std::nullopt;
  model->centred = !model->centred;
  std::optional<Prediction> best;
  const std::vector<double> bias = model->bias;
  for (const bool with_bias : {true, false}) {
    model->bias = with_bias ? bias : std::vector<double>(bias.size(), 0);
    Prediction made{model->computed(),
                    model->centred
                        ? "the norm takes the mean off (LayerNorm) where the reference does not (RMSNorm)"
                        : "the norm does not take the mean off (RMSNorm) where the reference does (LayerNorm)",
                    {},
                    "always"};
    if (!with_bias) made.sentence += ", and adds no bias";
    if (!best || relative_l2(scene.got, made.predicted, true) < relative_l2(scene.got, best->predicted, true)) {
      best = std::move(made);
    }
  }
  return best;
}

}  // namespace portwright::diagnose
