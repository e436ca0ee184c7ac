// Another activation function. How the reference computes the array is found first, f(gate) or f(gate) * up of arrays
// that earlier modules of the same parent made; then which f the port must have used.
#include <cmath>

#include "diagnose/activations.hpp"
#include "diagnose/hypothesis.hpp"
#include "diagnose/localise.hpp"

namespace portwright::diagnose {
namespace {

// What an earlier module handed out, or half of it: fused projections hold gate and up side by side, or in turn.
struct Piece {
  Matrix array;
  std::size_t maker = 0;
  bool in_turn = false;
};

struct GatedOperands {
  const Piece* gate = nullptr;
  const Piece* up = nullptr;  // null where there is none
  bool of_product = false;    // the activation of gate x up, not of the gate alone
};

Matrix computed(const GatedOperands& operands, const Activation& activation) {
  Matrix result = operands.gate->array;
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const double up = operands.up != nullptr ? operands.up->array.values[i] : 1;
    const double gate = result.values[i];
    result.values[i] = operands.of_product ? activation.of(gate * up) : activation.of(gate) * up;
  }
  return result;
}

// Every row's elements from `first` on, `step` apart.
Matrix half(const Matrix& fused, std::size_t first, std::size_t step) {
  Matrix result;
  result.rows = fused.rows;
  result.columns = fused.columns / 2;
  for (std::size_t row = 0; row < fused.rows; ++row) {
    for (std::size_t i = 0; i < result.columns; ++i) result.values.push_back(fused.row(row)[first + i * step]);
  }
  return result;
}

// What earlier modules of the same parent handed out, in the width of `want`.
std::vector<Piece> handed_out(const Scene& scene) {
  std::vector<Piece> found;
  const Call& at = scene.call();
  for (std::size_t i = 0; i < scene.event.call; ++i) {
    const Call& call = scene.calls[i];
    if (call.parent != at.parent || call.out.shape.empty()) continue;
    const auto width = static_cast<std::size_t>(call.out.shape.back());
    if (width != scene.want.columns && width != 2 * scene.want.columns) continue;
    const auto made = scene.reference(call.name() + ":out");
    if (!made || made->rows != scene.want.rows) continue;
    if (width == scene.want.columns) {
      found.push_back({*made, i, false});
    } else {
      found.push_back({half(*made, 0, 1), i, false});
      found.push_back({half(*made, made->columns / 2, 1), i, false});
      found.push_back({half(*made, 0, 2), i, true});
      found.push_back({half(*made, 1, 2), i, true});
    }
  }
  return found;
}

std::vector<GatedOperands> ways_to_combine(const std::vector<Piece>& pieces) {
  std::vector<GatedOperands> ways;
  for (const Piece& gate : pieces) {
    ways.push_back({&gate, nullptr});
    for (const Piece& up : pieces) {
      if (&up == &gate || up.in_turn != gate.in_turn) continue;
      ways.push_back({&gate, &up});
      if (&gate < &up) ways.push_back({&gate, &up, true});
    }
  }
  return ways;
}

// The same modules' work, each of them as gate.
bool is_variation(const GatedOperands& way, const GatedOperands& used) {
  if ((way.up == nullptr) != (used.up == nullptr)) return false;
  if (way.up == nullptr) return way.gate->maker == used.gate->maker;
  return (way.gate->maker == used.gate->maker && way.up->maker == used.up->maker) ||
         (way.gate->maker == used.up->maker && way.up->maker == used.gate->maker);
}

std::string deviation_in_words(const GatedOperands& way, const GatedOperands& used) {
  if (way.of_product != used.of_product) return way.of_product ? " of the product" : " of the gate alone";
  if (way.gate->in_turn != used.gate->in_turn) {
    return way.gate->in_turn ? " of every second feature of the fused projection"
                             : " of one half of the fused projection";
  }
  return way.gate != used.gate && way.up != nullptr ? " of the other projection" : "";
}

std::optional<std::string> configured(const Json& config, std::string& value) {
  for (const char* key : {"hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act"}) {
    if (!config.contains(key) || !config[key].is_string()) continue;
    value = config[key].get<std::string>();
    return key;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Prediction> predict_activation(const Scene& scene) {
  if (scene.event.is_end) return std::nullopt;
  const GatedOperands* used = nullptr;
  std::string_view right;
  const std::vector<Piece> pieces = handed_out(scene);
  const std::vector<GatedOperands> ways = ways_to_combine(pieces);
  for (const GatedOperands& way : ways) {
    for (const Activation& activation : activations) {
      if (relative_l2(computed(way, activation), scene.want, true) > suspect_over_floor * scene.floor) continue;
      used = &way;
      right = activation.name;
      break;
    }
    if (used != nullptr) break;
  }
  if (used == nullptr) return std::nullopt;

  std::optional<Prediction> best;
  double least = INFINITY;
  for (const GatedOperands& operands : ways) {
    if (!is_variation(operands, *used)) continue;
    for (const Activation& activation : activations) {
      Matrix predicted = computed(operands, activation);
      const double error = relative_l2(scene.got, predicted, true);
      if (error >= least) continue;
      least = error;
      std::string value;
      const auto field = configured(scene.config, value);
      std::string sentence = std::string(activation.name) + deviation_in_words(operands, *used) +
                             " where the reference computes " + std::string(right);
      if (field) sentence += " (config " + *field + " says " + value + ")";
      best = Prediction{std::move(predicted), std::move(sentence), field, "always"};
    }
  }
  return best;
}

}  // namespace portwright::diagnose
