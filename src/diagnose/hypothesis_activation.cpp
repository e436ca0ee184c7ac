// Another activation function. How the reference computes the array is found first, f(gate) or f(gate) * up of arrays
// that earlier modules of the same parent made; then which f the port must have used.
#include <array>
#include <cmath>
#include <string_view>

#include "diagnose/hypothesis.hpp"
#include "diagnose/localise.hpp"

namespace portwright::diagnose {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Activation {
  std::string_view name;
  double (*of)(double);
};
// Definitions as in transformers/activations.py.
constexpr std::array activations{
    Activation{"silu", [](double x) { return x * sigmoid(x); }},
    Activation{"gelu", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
    Activation{"gelu_tanh",
               [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }},
    Activation{"quick_gelu", [](double x) { return x * sigmoid(1.702 * x); }},
    Activation{"relu", [](double x) { return std::max(x, 0.0); }},
    Activation{"relu squared", [](double x) { return std::max(x, 0.0) * std::max(x, 0.0); }},
    Activation{"sigmoid", sigmoid},
    Activation{"tanh", [](double x) { return std::tanh(x); }},
    Activation{"no activation", [](double x) { return x; }},
};

struct Operands {
  Matrix gate;
  std::optional<Matrix> up;
};

Matrix computed(const Operands& operands, const Activation& activation) {
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

std::vector<Operands> ways_to_combine(const std::vector<Matrix>& made) {
  std::vector<Operands> ways;
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
  const Operands* used = nullptr;
  std::string_view right;
  const std::vector<Operands> ways = ways_to_combine(handed_out(scene));
  for (const Operands& way : ways) {
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
  std::vector<Operands> tried{*used};
  if (used->up) tried.push_back({*used->up, used->gate});
  for (const Operands& operands : tried) {
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
