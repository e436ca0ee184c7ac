// The port's modules are right and joined in another way: one is left out, another array is read, a term of a sum is
// missing, there twice, or has another factor.
#include <cmath>

#include "diagnose/config_values.hpp"
#include "diagnose/nearby.hpp"

namespace portwright::diagnose {
namespace {

// The candidate that is nearest to what the port computed, on the rows that form.
const Nearby* nearest(const Scene& scene, const std::vector<Nearby>& candidates) {
  const Nearby* best = nullptr;
  double least = INFINITY;
  for (const Nearby& candidate : candidates) {
    const double error = relative_l2(scene.got, candidate.array, true);
    if (error < least) {
      least = error;
      best = &candidate;
    }
  }
  return best;
}

// The call that makes `want` of `candidate`; empty where there is none.
std::string between(const Scene& scene, const Nearby& candidate) {
  for (const Call& call : scene.calls) {
    if (!function_of(call.path).empty()) continue;
    const auto input = scene.reference(call.name() + ":in");
    if (!input || input->values != candidate.array.values) continue;
    const auto output = scene.reference(call.name() + ":out");
    if (output && output->values == scene.want.values) return call.path;
  }
  return "";
}

}  // namespace

std::optional<Prediction> predict_module_skipped(const Scene& scene) {
  const std::vector<Nearby> candidates = nearby(scene);
  const Nearby* taken = nearest(scene, candidates);
  if (taken == nullptr) return std::nullopt;
  const std::string skipped = between(scene, *taken);
  if (skipped.empty()) return std::nullopt;
  return Prediction{taken->array, "the port does not apply " + starred(skipped).path, {}, "always"};
}

std::optional<Prediction> predict_wrong_input(const Scene& scene) {
  const std::vector<Nearby> candidates = nearby(scene);
  const Nearby* taken = nearest(scene, candidates);
  if (taken == nullptr || !between(scene, *taken).empty()) return std::nullopt;
  return Prediction{taken->array, "the port takes " + point_in_words(taken->point) + " here", {}, "always"};
}

std::optional<Prediction> predict_sum_term(const Scene& scene) {
  Matrix difference = scene.got;
  for (std::size_t i = 0; i < difference.values.size(); ++i) difference.values[i] -= scene.want.values[i];
  std::optional<Prediction> best;
  double least = INFINITY;
  for (const Nearby& term : nearby(scene)) {
    double product = 0;
    double size = 0;
    for (std::size_t row = 0; row < difference.rows; ++row) {
      if (difference.rows > 1 && !forms(row)) continue;
      product += dot(difference.row(row), term.array.row(row));
      size += dot(term.array.row(row), term.array.row(row));
    }
    if (size == 0 || product == 0) continue;
    const double factor = product / size;
    Matrix predicted = scene.want;
    for (std::size_t i = 0; i < predicted.values.size(); ++i) predicted.values[i] += factor * term.array.values[i];
    const double error = relative_l2(scene.got, predicted, true);
    if (error >= least) continue;
    least = error;
    Prediction made{std::move(predicted), "", {}, "always"};
    const std::string name = point_in_words(term.point);
    constexpr double three_digits = 1e-3;
    if (std::abs(factor + 1) < three_digits) {
      made.sentence = "the port leaves out the term " + name;
    } else if (std::abs(factor - 1) < three_digits) {
      made.sentence = "the port adds " + name + " once too often";
    } else {
      made.sentence = "the port adds " + digits(factor) + " times " + name + " to what the reference computes";
      if (const auto value = config_value(scene.config, 1 - factor)) {
        made.field = value->key;
        made.sentence += ": " + value->form + " is not applied to it";
      }
    }
    best = std::move(made);
  }
  return best;
}

}  // namespace portwright::diagnose
