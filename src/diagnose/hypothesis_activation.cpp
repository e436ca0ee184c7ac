// Another activation function. How the reference computes the array is found first, f(gate) or f(gate) * up of arrays
// that earlier modules of the same parent made; then which f the port must have used.
#include <cmath>

#include "diagnose/activations.hpp"
#include "diagnose/hypothesis.hpp"
#include "diagnose/localise.hpp"

namespace portwright::diagnose {
namespace {

struct GatedOperands {
  Matrix gate;
  std::optional<Matrix> up;
};

Matrix computed(const GatedOperands& operands, const Activation& activation) {
  Matrix result = operands.gate;
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    result.values[i] = activation.of(operands.gate.values[i]) * (operands.up ? operands.up->values[i] : 1);
  }
  return result;
}

// The left or right half of every row: fused projections hold gate and up side by side.
Matrix half(const Matrix& fused, bool right) {
  Matrix result;
  result.rows = fused.rows;
  result.columns = fused.columns / 2;
  for (std::size_t row = 0; row < fused.rows; ++row) {
    const auto part = fused.row(row).subspan(right ? result.columns : 0, result.columns);
    result.values.insert(result.values.end(), part.begin(), part.end());
  }
  return result;
}

// What earlier modules of the same parent handed out, in the width of `want`.
std::vector<Matrix> handed_out(const Scene& scene) {
  std::vector<Matrix> found;
  const Call& at = scene.call();
  for (const Call& call : scene.calls) {
    if (call.name() == at.name()) break;
    if (call.parent != at.parent || call.out.shape.empty()) continue;
    const auto width = static_cast<std::size_t>(call.out.shape.back());
    if (width != scene.want.columns && width != 2 * scene.want.columns) continue;
    const auto made = scene.reference(call.name() + ":out");
    if (!made || made->rows != scene.want.rows) continue;
    if (width == scene.want.columns) {
      found.push_back(*made);
    } else {
      found.push_back(half(*made, false));
      found.push_back(half(*made, true));
    }
  }
  return found;
}

std::vector<GatedOperands> ways_to_combine(const std::vector<Matrix>& made) {
  std::vector<GatedOperands> ways;
  for (const Matrix& gate : made) {
    ways.push_back({gate, std::nullopt});
    for (const Matrix& up : made) {
      if (&up != &gate) ways.push_back({gate, up});
    }
  }
  return ways;
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
  const std::vector<GatedOperands> ways = ways_to_combine(handed_out(scene));
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
  std::vector<GatedOperands> tried{*used};
  if (used->up) tried.push_back({*used->up, used->gate});
  for (const GatedOperands& operands : tried) {
    for (const Activation& activation : activations) {
      Matrix predicted = computed(operands, activation);
      const double error = relative_l2(scene.got, predicted, true);
      if (error >= least) continue;
      least = error;
      const bool exchanged = &operands != &tried.front();
      std::string value;
      const auto field = configured(scene.config, value);
      std::string sentence = std::string(activation.name) + (exchanged ? " of the other projection" : "") +
                             " where the reference computes " + std::string(right);
      if (field) sentence += " (config " + *field + " says " + value + ")";
      best = Prediction{std::move(predicted), std::move(sentence), field, "always"};
    }
  }
  return best;
}

}  // namespace portwright::diagnose
