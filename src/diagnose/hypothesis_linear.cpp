// A linear layer or norm without its bias, or computed with another module's weights.
#include <cmath>

#include "diagnose/hypothesis.hpp"
#include "diagnose/norm_model.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

// input W^T + bias, W stored [outputs, inputs].
Matrix projected(const Matrix& input, const std::vector<double>& weight, const std::vector<double>& bias,
                 const Matrix& like) {
  Matrix result = like;
  for (std::size_t row = 0; row < input.rows; ++row) {
    for (std::size_t i = 0; i < like.columns; ++i) {
      const std::span<const double> weights(weight.data() + i * input.columns, input.columns);
      result.row(row)[i] = dot(input.row(row), weights) + (bias.empty() ? 0 : bias[i]);
    }
  }
  return result;
}

// Other modules of the same layer (or outside every layer) that own weights, once each.
std::vector<std::string> neighbours(const Scene& scene) {
  std::vector<std::string> paths;
  const auto layer = starred(scene.call().path).layer;
  for (const Call& call : scene.calls) {
    if (call.path == scene.call().path || starred(call.path).layer != layer) continue;
    if (std::find(paths.begin(), paths.end(), call.path) == paths.end()) paths.push_back(call.path);
  }
  return paths;
}

// A head over a vocabulary of 100,000 would take minutes.
constexpr double most_products = 4e9;

std::optional<Matrix> with_weights(const Scene& scene, const std::vector<double>& weight) {
  if (const auto model = norm_model(scene)) {
    const auto other = model->with_weight(weight);
    return other ? std::optional(other->computed()) : std::nullopt;
  }
  const auto input = scene.reference(scene.call().name() + ":in");
  if (!input || input->rows != scene.want.rows || weight.size() != input->columns * scene.want.columns)
    return std::nullopt;
  if (static_cast<double>(weight.size()) * static_cast<double>(input->rows) > most_products) return std::nullopt;
  const auto bias = scene.parameter(scene.call().path + ".bias");
  return projected(*input, weight, bias.value_or(std::vector<double>()), scene.want);
}

// Of a call below whose output is the array but for a factor (logits that are divided by a number of the config).
std::optional<Prediction> other_weight_before_a_factor(const Scene& scene) {
  for (std::size_t i = 0; i < scene.calls.size(); ++i) {
    const Call& call = scene.calls[i];
    if (call.parent != scene.call().name() || !scene.parameter(call.path + ".weight")) continue;
    const auto made = scene.reference(call.name() + ":out");
    if (!made || !same_size(*made, scene.want)) continue;
    const double factor = scale_between(scene.want, *made);
    constexpr double exact_factor = 1e-6;
    if (factor == 0 || relative_l2(scaled_by(*made, factor), scene.want, false) > exact_factor) continue;
    Scene there = scene;
    there.event = {i, true};
    there.want = *made;
    there.got = scaled_by(scene.got, 1 / factor);
    auto found = predict_other_weight(there);
    if (found) found->predicted = scaled_by(std::move(found->predicted), factor);
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Prediction> predict_bias_dropped(const Scene& scene) {
  if (is_gate_of_recurrence(scene)) return predict_decay_bias(scene);
  if (!scene.event.is_end) {
    auto of_operand = predict_operand_bias(scene);
    return of_operand ? of_operand : predict_factor_bias(scene);
  }
  if (scene.want.rows < 2) return std::nullopt;
  const std::string name = scene.call().path + ".bias";
  const auto bias = scene.parameter(name);
  if (!bias || bias->size() != scene.want.columns) return std::nullopt;
  Prediction made{scene.want, "the port does not add " + starred(name).path, {}, "always"};
  for (std::size_t i = 0; i < made.predicted.values.size(); ++i) made.predicted.values[i] -= (*bias)[i % bias->size()];
  return made;
}

std::optional<Prediction> predict_transposed(const Scene& scene) {
  const auto weight = scene.event.is_end ? scene.parameter(scene.call().path + ".weight") : std::nullopt;
  if (!weight || weight->size() != scene.want.columns * scene.want.columns) return std::nullopt;
  const Matrix stored =
      matrix({static_cast<std::int64_t>(scene.want.columns), static_cast<std::int64_t>(scene.want.columns)}, *weight);
  auto as_stored = with_weights(scene, *weight);
  auto other = as_stored ? with_weights(scene, transposed(stored).values) : std::nullopt;
  if (!other) return std::nullopt;
  // Some modules store [inputs, outputs].
  const bool right = relative_l2(*as_stored, scene.want, true) < relative_l2(*other, scene.want, true);
  return Prediction{right ? std::move(*other) : std::move(*as_stored),
                    "the port computes with the transpose of " + starred(scene.call().path).path + ".weight",
                    {},
                    "always"};
}

std::optional<Prediction> predict_other_weight(const Scene& scene) {
  if (!scene.event.is_end) return predict_operand_weight(scene);
  const auto own = scene.parameter(scene.call().path + ".weight");
  if (!own) return other_weight_before_a_factor(scene);
  std::optional<Prediction> best;
  for (const std::string& path : neighbours(scene)) {
    const auto weight = scene.parameter(path + ".weight");
    if (!weight || weight->size() != own->size() || *weight == *own) continue;
    auto predicted = with_weights(scene, *weight);
    if (!predicted) continue;
    if (best && relative_l2(scene.got, *predicted, true) >= relative_l2(scene.got, best->predicted, true)) continue;
    best = Prediction{
        std::move(*predicted),
        "the port computes " + starred(scene.call().path).path + " with the weights of " + starred(path).path,
        {},
        "always"};
  }
  return best;
}

}  // namespace portwright::diagnose
