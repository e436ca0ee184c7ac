// Queries or keys whose norm is computed otherwise, where the norm itself shows nothing: the port applies it to another
// layout, and what attention is given is the first array that can be compared.
#include <algorithm>

#include "diagnose/config_values.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/nearest.hpp"
#include "diagnose/norm_model.hpp"
#include "diagnose/operand.hpp"

namespace portwright::diagnose {
namespace {

// How the reference makes an operand of a norm's output.
struct NormedOperand {
  Making making;
  const Call* norm = nullptr;
  NormModel model;
};
std::optional<NormedOperand> normed_operand(const Scene& scene) {
  if (!is_operand(scene)) return std::nullopt;
  auto making = making_of(scene, scene.call(), scene.want);
  if (!making) return std::nullopt;
  const auto norm = std::ranges::find(scene.calls, path_of(making->source), &Call::path);
  if (norm == scene.calls.end() || !is_norm(*norm)) return std::nullopt;
  auto model = norm_model_of(scene, static_cast<std::size_t>(norm - scene.calls.begin()));
  if (!model) return std::nullopt;
  return NormedOperand{std::move(*making), &*norm, std::move(*model)};
}

// What the operand is where the norm hands out this.
std::optional<Matrix> made_of(const Scene& scene, const NormedOperand& operand, const Matrix& normed) {
  return as_made_of(scene, operand.making, normed);
}

}  // namespace

std::optional<Prediction> predict_operand_weight(const Scene& scene) {
  const auto operand = normed_operand(scene);
  if (!operand) return std::nullopt;
  Nearest nearest(scene.got);
  for (const Call& other : scene.calls) {
    if (other.parent != operand->norm->parent || other.path == operand->norm->path || !is_norm(other)) continue;
    const auto weight = scene.parameter(other.path + ".weight");
    const auto exchanged = weight ? operand->model.with_weight(*weight) : std::nullopt;
    auto made = exchanged ? made_of(scene, *operand, exchanged->computed()) : std::nullopt;
    if (!made) continue;
    nearest.consider({std::move(*made),
                      "the port normalises the " + operand_in_words(scene) + " with the weights of " +
                          starred(other.path).path + " where the reference has those of " +
                          starred(operand->norm->path).path,
                      {},
                      "always"});
  }
  return std::move(nearest).best();
}

std::optional<Prediction> predict_operand_eps(const Scene& scene) {
  const auto operand = normed_operand(scene);
  if (!operand) return std::nullopt;
  Nearest nearest(scene.got);
  for (const ConfigValue& eps : likely_eps(scene.config)) {
    NormModel other = operand->model;
    other.eps = eps.value;
    auto made = made_of(scene, *operand, other.computed());
    if (made) nearest.consider(with_other_eps(scene.config, std::move(*made), eps.value, operand->model.eps));
  }
  return std::move(nearest).best();
}

std::optional<Prediction> predict_operand_not_normalised(const Scene& scene) {
  const auto operand = normed_operand(scene);
  auto made = operand ? made_of(scene, *operand, operand->model.input) : std::nullopt;
  if (!made) return std::nullopt;
  return Prediction{std::move(*made), "the port does not apply " + starred(operand->norm->path).path, {}, "always"};
}

std::optional<Prediction> predict_operand_turned_first(const Scene& scene) {
  const auto operand = normed_operand(scene);
  if (!operand || !operand->making.rotation) return std::nullopt;
  const Rotation& rotation = *operand->making.rotation;
  const auto raw = arranged(operand->model.input, scene.want.shape, positions_of(scene.calls));
  const auto first = raw ? turned(*raw, unscaled(rotation), TurnedBy::position) : std::nullopt;
  auto made = first ? applied(operand->model, *first) : std::nullopt;
  if (!made) return std::nullopt;
  return Prediction{scaled_by(std::move(*made), rotation.rest),
                    "the port turns the " + operand_in_words(scene) +
                        " before it normalises them, where the reference normalises first",
                    {},
                    "always",
                    rounding_of(rotation)};
}

std::string norm_of_operand(const Scene& scene) {
  const auto operand = normed_operand(scene);
  return operand ? operand->norm->path : "";
}

}  // namespace portwright::diagnose
