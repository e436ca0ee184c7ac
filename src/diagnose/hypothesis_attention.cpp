// Attention computed again from its right operands: with heads in another order, without the cap on its scores or its
// sinks, or with another scale.
#include <cmath>
#include <limits>

#include "diagnose/config_values.hpp"
#include "diagnose/hypothesis.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

// One row of the batch; queries hold the scale.
struct Operands {
  Matrix query, key, value;   // [heads x positions, width], keys and values of their own number of heads
  Matrix mask;                // [positions, keys] or [heads x positions, keys]: what a weight is multiplied with
  std::vector<double> sinks;  // of each head the score of a key without a value; empty where there are none
  std::size_t heads = 0;
  std::size_t key_heads = 0;
  std::size_t queries = 0;
  std::size_t keys = 0;
};

std::optional<Operands> operands_of(const Scene& scene) {
  const Call& call = scene.call();
  if (function_of(call.path) != "attention" || !scene.event.is_end) return std::nullopt;
  const std::string index = "#" + std::to_string(call.index) + ":in";
  auto query = scene.reference(call.path + index);
  auto key = scene.reference(call.path + "_key" + index);
  auto value = scene.reference(call.path + "_value" + index);
  auto mask = scene.reference(call.path + "_mask" + index);
  if (!query || !key || !value || !mask || query->shape.size() != 4 || key->shape.size() != 4) return std::nullopt;
  auto sinks = scene.reference(call.path + "_sinks" + index);
  Operands result{std::move(*query), std::move(*key), std::move(*value), std::move(*mask), {}};
  if (sinks) result.sinks = std::move(sinks->values);
  result.heads = static_cast<std::size_t>(result.query.shape[1]);
  result.key_heads = static_cast<std::size_t>(result.key.shape[1]);
  result.queries = static_cast<std::size_t>(result.query.shape[2]);
  result.keys = static_cast<std::size_t>(result.key.shape[2]);
  const bool one_row = result.query.shape[0] == 1 && result.key.shape[0] == 1 && result.mask.columns == result.keys;
  const bool fits = result.mask.rows == result.queries || result.mask.rows == result.heads * result.queries;
  const bool of_heads = result.sinks.empty() || result.sinks.size() == result.heads;
  if (!one_row || !fits || !of_heads || result.heads % result.key_heads != 0) return std::nullopt;
  return result;
}

// Which key head serves a query head.
using KeyHead = std::size_t (*)(std::size_t head, std::size_t heads, std::size_t key_heads);
std::size_t repeated(std::size_t head, std::size_t heads, std::size_t key_heads) { return head / (heads / key_heads); }
std::size_t tiled(std::size_t head, std::size_t /*heads*/, std::size_t key_heads) { return head % key_heads; }

// [positions x heads, width], as the reference's attention hands it out. softcap: 0 for none.
Matrix attention(const Operands& given, KeyHead key_head, KeyHead value_head, double softcap) {
  const std::size_t width = given.value.columns;
  Matrix result{{1, static_cast<std::int64_t>(given.queries), static_cast<std::int64_t>(given.heads),
                 static_cast<std::int64_t>(width)},
                given.queries * given.heads,
                width,
                {}};
  result.values.resize(result.rows * width);
  std::vector<double> weights(given.keys);
  for (std::size_t head = 0; head < given.heads; ++head) {
    const std::size_t of = key_head(head, given.heads, given.key_heads);
    const std::size_t value_of = value_head(head, given.heads, given.key_heads);
    for (std::size_t position = 0; position < given.queries; ++position) {
      const bool by_head = given.mask.rows != given.queries;
      const auto mask = given.mask.row(by_head ? head * given.queries + position : position);
      const auto query = given.query.row(head * given.queries + position);
      double most = -std::numeric_limits<double>::infinity();
      for (std::size_t key = 0; key < given.keys; ++key) {
        if (mask[key] == 0) continue;
        const double score = dot(query, given.key.row(of * given.keys + key));
        weights[key] = softcap == 0 ? score : softcap * std::tanh(score / softcap);
        most = std::max(most, weights[key]);
      }
      if (!given.sinks.empty()) most = std::max(most, given.sinks[head]);
      double sum = given.sinks.empty() ? 0 : std::exp(given.sinks[head] - most);
      const auto out = result.row(position * given.heads + head);
      for (std::size_t key = 0; key < given.keys; ++key) {
        if (mask[key] == 0) continue;
        const double weight = mask[key] * std::exp(weights[key] - most);
        sum += weight;
        const auto value = given.value.row(value_of * given.keys + key);
        for (std::size_t i = 0; i < width; ++i) out[i] += weight * value[i];
      }
      for (double& element : out) element /= sum;
    }
  }
  return result;
}

Matrix with_scores_times(double factor, Operands given, double softcap) {
  given.query = scaled_by(std::move(given.query), factor);
  return attention(given, repeated, repeated, softcap);
}

// The factor on the scores that comes nearest to what the port computed, on the rows that form: golden section over its
// logarithm, as the error has one least place between no attention to scores at all and attention to the best alone.
double factor_on_scores(const Scene& scene, const Operands& operands, double softcap) {
  const auto error = [&](double logarithm) {
    return relative_l2(scene.got, with_scores_times(std::exp(logarithm), operands, softcap), true);
  };
  constexpr double golden = 0.6180339887498949;
  constexpr double exact = 1e-8;
  struct Tried {
    double at;
    double error;
  };
  const auto tried = [&](double at) { return Tried{at, error(at)}; };
  double low = std::log(1.0 / 64);
  double high = std::log(64.0);
  Tried left = tried(high - golden * (high - low));
  Tried right = tried(low + golden * (high - low));
  while (high - low > exact) {
    if (left.error < right.error) {
      high = right.at;
      right = left;
      left = tried(high - golden * (high - low));
    } else {
      low = left.at;
      left = right;
      right = tried(low + golden * (high - low));
    }
  }
  return std::exp((low + high) / 2);
}

double softcap_of(const Scene& scene) {
  const auto found = scene.call().scalars.find("softcap");
  return found == scene.call().scalars.end() ? 0 : found->second;
}

// The cap that makes `capped` of `before`: c tanh(x / c) grows with c up to x.
double cap_between(double before, double capped) {
  double least = std::abs(capped);
  double most = 1e9;
  for (int step = 0; step < 200; ++step) {
    const double cap = std::sqrt(least * most);
    (cap * std::tanh(std::abs(before) / cap) < std::abs(capped) ? least : most) = cap;
  }
  return std::sqrt(least * most);
}

Matrix capped_at(Matrix logits, double cap) {
  for (double& element : logits.values) element = cap * std::tanh(element / cap);
  return logits;
}

// What the port made of these logits: nothing, or capped them elsewhere. The largest of a row that forms tells where.
Prediction with_another_cap(const Scene& scene, const Matrix& before, const std::string& key, double cap) {
  std::size_t largest = 0;
  for (std::size_t i = 0; i < before.values.size(); ++i) {
    if (forms(i / before.columns) && std::abs(before.values[i]) > std::abs(before.values[largest])) largest = i;
  }
  const double other = cap_between(before.values[largest], scene.got.values[largest]);
  constexpr double many_times = 1e4;  // no cap: nothing is left of it in float32
  if (other > many_times * std::abs(before.values[largest])) {
    return Prediction{before, "the logits are not capped where config " + key + " says " + digits(cap), key, "always"};
  }
  return Prediction{capped_at(before, other),
                    "the logits are capped at " + digits(other) + " where config " + key + " says " + digits(cap), key,
                    "only where " + key + " is not " + digits(other)};
}

// Logits: the cap stands between the head's output and the model's.
std::optional<Prediction> without_a_cap_on_logits(const Scene& scene) {
  if (scene.call().path != root_path || !scene.event.is_end) return std::nullopt;
  for (const auto& [key, value] : scene.config.items()) {
    if (key.find("softcap") == std::string::npos || !value.is_number() || value.get<double>() <= 0) continue;
    const double cap = value.get<double>();
    for (const Call& call : scene.calls) {
      if (call.parent != scene.call().name()) continue;
      const auto before = scene.reference(call.name() + ":out");
      if (!before || !same_size(*before, scene.want)) continue;
      constexpr double same = 1e-6;
      if (relative_l2(capped_at(*before, cap), scene.want, true) > same) continue;
      return with_another_cap(scene, *before, key, cap);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Prediction> predict_softcap(const Scene& scene) {
  const double cap = softcap_of(scene);
  if (cap == 0) return without_a_cap_on_logits(scene);
  const auto operands = operands_of(scene);
  if (!operands) return std::nullopt;
  Prediction made{attention(*operands, repeated, repeated, 0), "", {}, "always"};
  made.sentence = "attention scores are not capped where the reference caps them at " + digits(cap);
  if (const auto value = config_value(scene.config, cap)) made.field = value->key;
  return made;
}

std::optional<Prediction> predict_sinks_dropped(const Scene& scene) {
  auto operands = operands_of(scene);
  if (!operands || operands->sinks.empty()) return std::nullopt;
  operands->sinks.clear();
  return Prediction{attention(*operands, repeated, repeated, softcap_of(scene)),
                    "weights are normalised without the sinks of the heads",
                    {},
                    "always"};
}

// Where the port keeps queries and keys in another form (absorbed into a latent), what comes out alone can tell.
std::optional<Prediction> predict_scale_of_scores(const Scene& scene) {
  const auto operands = operands_of(scene);
  const auto found = scene.call().scalars.find("scale");
  if (!operands || found == scene.call().scalars.end()) return std::nullopt;
  const double softcap = softcap_of(scene);
  const double factor = factor_on_scores(scene, *operands, softcap);
  Prediction made{with_scores_times(factor, *operands, softcap), "", {}, "always"};
  say_scale(scene, found->second * factor, found->second, made);
  return made;
}

std::optional<Prediction> predict_head_order(const Scene& scene) {
  if (!recurrent_operand(scene).empty()) return predict_recurrent_head_order(scene);
  const auto operands = operands_of(scene);
  if (!operands || operands->key_heads == 1 || operands->key_heads == operands->heads) return std::nullopt;
  struct Way {
    KeyHead key;
    KeyHead value;
    const char* words;
  };
  std::optional<Prediction> best;
  for (const Way& way : {Way{tiled, tiled, "key"}, Way{repeated, tiled, "value"}, Way{tiled, repeated, "key"}}) {
    Matrix predicted = attention(*operands, way.key, way.value, softcap_of(scene));
    if (best && relative_l2(scene.got, predicted, true) >= relative_l2(scene.got, best->predicted, true)) continue;
    best = Prediction{std::move(predicted),
                      std::string("query head h uses ") + way.words + " head h mod " +
                          std::to_string(operands->key_heads) +
                          " (tiled) where the reference's neighbours share one (repeated)",
                      "num_key_value_heads", "only where num_key_value_heads is not num_attention_heads"};
    if (way.key == tiled && way.value == repeated) best->sentence += "; the value heads are right";
    if (way.key == repeated) best->sentence += "; the key heads are right";
  }
  return best;
}

}  // namespace portwright::diagnose
