// The port's modules are right and joined in another way: one is left out, another array is read, a term of a sum is
// missing, there twice, or has another factor.
#include <algorithm>
#include <cmath>

#include "diagnose/config_values.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/nearest.hpp"
#include "diagnose/norm_model.hpp"
#include "diagnose/operand.hpp"

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

// Whether the reference's array of a point is this one, in another layout maybe.
bool equals(const Scene& scene, const std::string& point, const Matrix& array) {
  const auto found = scene.reference(point);
  if (!found || found->values.size() != array.values.size()) return false;
  if (found->values == array.values) return true;
  const auto moved = arranged(*found, array.shape, positions_of(scene.calls));
  return moved && moved->values == array.values;
}

Matrix plus(Matrix sum, double factor, const Matrix& term) {
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += factor * term.values[i];
  return sum;
}

Matrix minus(const Matrix& a, const Matrix& b) { return plus(a, -1, b); }

bool is_multiple(const Matrix& term, const Matrix& of) {
  const double both = product(term, of);
  constexpr double parallel = 1 - 1e-9;
  return both * both >= parallel * product(term, term) * product(of, of);
}

// Whether a difference of two arrays is a multiple of one, or of the whole: then that one alone says it.
bool is_one_array(const Matrix& difference, const Matrix& whole, const std::vector<Nearby>& terms) {
  const auto is_it = [&](const Matrix& array) { return is_multiple(difference, array); };
  return is_it(whole) || std::ranges::any_of(terms, is_it, &Nearby::array);
}

bool is_one(double factor) { return std::abs(factor - 1) < 1e-3; }

std::string in_words(double factor, const Nearby& term) {
  const std::string name = point_in_words(term.point);
  if (is_one(-factor)) return "the port leaves out the term " + name;
  if (is_one(factor)) return "the port adds " + name + " once too often";
  return "the port adds " + digits(factor) + " times " + name + " to what the reference computes";
}

// A multiplier on the wrong term exchanges as much of the two as it takes away.
Prediction exchange_in_words(const Scene& scene, double factor, const Nearby& added, const Nearby& left_out) {
  Prediction made{{}, "", {}, "always"};
  const auto value = is_one(factor) ? std::nullopt : config_value(scene.config, 1 - factor);
  if (value) {
    made.field = value->key;
    made.sentence = value->key + " (" + digits(value->value) + ") multiplies " + point_in_words(left_out.point) +
                    " where in the reference it multiplies " + point_in_words(added.point);
  } else {
    made.sentence =
        "the port adds " + point_in_words(added.point) + " where the reference adds " + point_in_words(left_out.point);
  }
  return made;
}

std::optional<Matrix> array_like(const Scene& scene, const Array& array, const std::string& point) {
  if (array.elements() != static_cast<std::int64_t>(scene.want.values.size())) return std::nullopt;
  auto found = scene.reference(point);
  return found ? arranged(*found, scene.want.shape, positions_of(scene.calls)) : std::nullopt;
}

// The call that makes `want` of `candidate`; empty where there is none.
std::string between(const Scene& scene, const Nearby& candidate) {
  for (const Call& call : scene.calls) {
    if (!function_of(call.path).empty()) continue;
    if (equals(scene, call.name() + ":in", candidate.array) && equals(scene, call.name() + ":out", scene.want)) {
      return call.path;
    }
  }
  return "";
}

// A term of a sum went around a module: the sum has the module's input where it should have what the module made.
std::optional<Prediction> skipped_in_a_sum(const Scene& scene, const std::vector<Nearby>& terms) {
  const Matrix difference = minus(scene.got, scene.want);
  std::optional<Prediction> best;
  double least = INFINITY;
  for (const Call& call : scene.calls) {
    if (starred(call.path).layer != starred(scene.call().path).layer || !function_of(call.path).empty()) continue;
    const auto input = array_like(scene, call.in, call.name() + ":in");
    const auto output = input ? array_like(scene, call.out, call.name() + ":out") : std::nullopt;
    if (!output) continue;
    const Matrix around = minus(*input, *output);
    const double factor = product(difference, around) / product(around, around);
    if (!(factor > 0) || is_one_array(around, scene.want, terms)) continue;
    Matrix predicted = plus(scene.want, factor, around);
    const double error = relative_l2(scene.got, predicted, true);
    if (error >= least) continue;
    least = error;
    best = Prediction{std::move(predicted), "the port does not apply " + starred(call.path).path, {}, "always"};
  }
  return best;
}

// Of a norm that is handed a gate beside its input: what it hands out is the norm of the input times something that
// nothing shows, and a port without the norm has the input times the same.
std::optional<Prediction> gated_norm_skipped(const Scene& scene) {
  const Call& call = scene.call();
  const auto weight = scene.parameter(call.path + ".weight");
  const auto input = scene.reference(call.name() + ":in");
  if (!weight || weight->empty() || !input || input->values.size() != scene.want.values.size()) {
    return std::nullopt;
  }
  Nearest nearest(scene.got);
  for (const ConfigValue& eps : likely_eps(scene.config)) {
    for (const double one : {0.0, 1.0}) {
      Matrix predicted = scene.want;
      for (std::size_t row = 0; row < input->rows; ++row) {
        const double root = std::sqrt(mean_square(input->row(row), false) + eps.value);
        for (std::size_t i = 0; i < input->columns; ++i) {
          predicted.values[row * input->columns + i] *= root / (one + (*weight)[i % weight->size()]);
        }
      }
      nearest.consider({std::move(predicted), "the port does not apply " + starred(call.path).path, {}, "always"});
    }
  }
  return std::move(nearest).best();
}

// What a module below a layer computes from; a layer is given the sum that goes on from layer to layer.
bool is_given_to_a_module(const Scene& scene) {
  const std::string& path = scene.call().path;
  return !scene.event.is_end && function_of(path).empty() && !starred(path).path.ends_with(".*");
}

}  // namespace

std::optional<Prediction> predict_module_skipped(const Scene& scene) {
  if (scene.event.is_end && is_norm(scene.call()) && !norm_model(scene)) return gated_norm_skipped(scene);
  if (is_operand(scene)) {
    if (auto made = predict_operand_not_normalised(scene)) return made;
  }
  const std::vector<Nearby> candidates = nearby(scene);
  const Nearby* taken = nearest(scene, candidates);
  const std::string skipped = taken == nullptr ? "" : between(scene, *taken);
  if (skipped.empty()) return skipped_in_a_sum(scene, candidates);
  // A whole layer is named by its number.
  const std::string star = starred(skipped).path;
  return Prediction{taken->array, "the port does not apply " + (star.ends_with(".*") ? skipped : star), {}, "always"};
}

std::optional<Prediction> predict_wrong_input(const Scene& scene) {
  const std::vector<Nearby> candidates = nearby(scene);
  const Nearby* taken = nearest(scene, candidates);
  if (taken == nullptr || !between(scene, *taken).empty()) return std::nullopt;
  // A multiplier that is missing says more than where it is missing from.
  if (is_multiple(taken->array, scene.want)) return std::nullopt;
  // A term of the right sum, and the other term is another array: of a sum that goes on, what is left out says more; of
  // what a module is given, which array it is.
  const Matrix rest = minus(scene.want, taken->array);
  const auto is_the_rest = [&](const Nearby& other) {
    return is_multiple(other.array, rest) && is_one(scale_between(other.array, rest));
  };
  if (!is_given_to_a_module(scene) && std::ranges::any_of(candidates, is_the_rest)) return std::nullopt;
  const std::string words = point_in_words(taken->point);
  if (scene.event.is_end || !is_norm(scene.call())) {
    return Prediction{taken->array, "the port takes " + words + " here", {}, "always"};
  }
  Prediction made{taken->array, "the port takes " + starred(scene.call().path).path + " of " + words, {}, "always"};
  made.name = "norm-input";
  return made;
}

std::optional<Prediction> predict_wrong_sum(const Scene& scene) {
  const std::vector<Nearby> arrays = nearby(scene);
  std::optional<Prediction> best;
  double least = INFINITY;
  for (const Nearby& one : arrays) {
    for (const Nearby& other : arrays) {
      if (&other <= &one) continue;
      Matrix sum = plus(one.array, 1, other.array);
      const double error = relative_l2(scene.got, sum, true);
      if (error >= least) continue;
      least = error;
      best = Prediction{
          std::move(sum),
          "the port takes the sum of " + point_in_words(one.point) + " and " + point_in_words(other.point) + " here",
          {},
          "always"};
    }
  }
  return best;
}

std::optional<Prediction> predict_norm_extra(const Scene& scene) {
  std::optional<Prediction> best;
  double least = INFINITY;
  const Starred at = starred(scene.call().path);
  for (std::size_t i = 0; i < scene.calls.size(); ++i) {
    const Call& call = scene.calls[i];
    const auto layer = starred(call.path).layer;
    // What a whole layer is given, the model makes.
    if (layer != at.layer && (layer || !at.path.ends_with(".*"))) continue;
    if (!is_norm(call)) continue;
    if (call.out.shape.empty() || static_cast<std::size_t>(call.out.shape.back()) != scene.want.columns) continue;
    const auto model = norm_model_of(scene, i);
    auto predicted = model ? applied(*model, scene.want) : std::nullopt;
    if (!predicted) continue;
    const double error = relative_l2(scene.got, *predicted, true);
    if (error >= least) continue;
    least = error;
    best = Prediction{std::move(*predicted),
                      "the port applies " + starred(call.path).path + " to the right array here",
                      {},
                      "always"};
  }
  return best;
}

std::optional<Prediction> predict_norm_input(const Scene& scene) {
  const auto model = norm_model(scene);
  if (!model) return std::nullopt;
  const std::vector<Nearby> arrays = nearby(scene);
  std::optional<Prediction> best;
  double least = INFINITY;
  const auto consider = [&](const Matrix& input, const std::string& words) {
    Matrix predicted = *applied(*model, input);
    const double error = relative_l2(scene.got, predicted, true);
    if (error >= least) return;
    least = error;
    best = Prediction{std::move(predicted),
                      "the port takes " + starred(scene.call().path).path + " of " + words + " here",
                      {},
                      "always"};
  };
  for (const Nearby& one : arrays) {
    consider(one.array, point_in_words(one.point));
    for (const Nearby& other : arrays) {
      if (&other > &one) {
        consider(plus(one.array, 1, other.array), point_in_words(one.point) + " and " + point_in_words(other.point));
      }
    }
  }
  return best;
}

std::optional<Prediction> predict_sum_term(const Scene& scene) {
  std::vector<Nearby> terms = nearby(scene);
  // A multiple of the whole is another cause's.
  std::erase_if(terms, [&](const Nearby& term) { return is_multiple(term.array, scene.want); });
  const Matrix difference = minus(scene.got, scene.want);
  std::optional<Prediction> best;
  double least = INFINITY;
  const auto consider = [&](Prediction made) {
    const double error = relative_l2(scene.got, made.predicted, true);
    if (error >= least) return;
    least = error;
    best = std::move(made);
  };
  for (const Nearby& term : terms) {
    const double factor = product(difference, term.array) / product(term.array, term.array);
    if (!std::isfinite(factor) || factor == 0) continue;
    Prediction made{plus(scene.want, factor, term.array), in_words(factor, term), {}, "always"};
    if (const auto value = config_value(scene.config, 1 - factor); value && !is_one(factor) && !is_one(-factor)) {
      made.field = value->key;
      made.sentence += ": " + value->form + " is not applied to it";
    }
    consider(std::move(made));
  }
  return best;
}

std::optional<Prediction> predict_term_exchanged(const Scene& scene) {
  const std::vector<Nearby> terms = nearby(scene);
  const Matrix difference = minus(scene.got, scene.want);
  std::optional<Prediction> best;
  std::optional<Matrix> exchanged;
  double least = INFINITY;
  // One leaves the sum as often as the other enters it, so that one number is free.
  for (const Nearby& left_out : terms) {
    if (is_multiple(left_out.array, scene.want)) continue;  // the whole is no term of it
    for (const Nearby& added : terms) {
      if (&left_out == &added) continue;
      const Matrix exchange = minus(added.array, left_out.array);
      const double factor = product(difference, exchange) / product(exchange, exchange);
      if (!(factor > 0)) continue;
      Matrix predicted = plus(scene.want, factor, exchange);
      const double error = relative_l2(scene.got, predicted, true);
      if (error >= least) continue;
      least = error;
      exchanged = exchange;
      best = exchange_in_words(scene, factor, added, left_out);
      best->predicted = std::move(predicted);
    }
  }
  if (best && is_one_array(*exchanged, scene.want, terms)) return std::nullopt;
  return best;
}

}  // namespace portwright::diagnose
