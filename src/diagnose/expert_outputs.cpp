#include "diagnose/expert_outputs.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "diagnose/activations.hpp"
#include "diagnose/localise.hpp"

namespace portwright::diagnose {
namespace {

using Rows = std::vector<std::size_t>;

// The rows of each expert, in ascending order of the experts.
std::vector<Rows> rows_by_expert(const Matrix& order) {
  std::map<double, Rows> rows;
  for (std::size_t i = 0; i < order.values.size(); ++i) rows[order.values[i]].push_back(i);
  std::vector<Rows> result;
  result.reserve(rows.size());
  for (auto& [expert, of_it] : rows) result.push_back(std::move(of_it));
  return result;
}

// Whether these rows of a projection are what the reference's activations get.
bool is_gate(const ExpertInside& inside, const std::vector<Rows>& rows, const Matrix& projection) {
  // One row alone may be some units off where the sum over all is not.
  const double most = 10 * suspect_over_floor * inside.floor;
  for (std::size_t expert = 0; expert < rows.size(); ++expert) {
    const Matrix& gate = inside.gates[expert].in;
    if (gate.rows != rows[expert].size() || gate.columns != projection.columns) return false;
    for (std::size_t row = 0; row < gate.rows; ++row) {
      const bool found = std::ranges::any_of(
          rows[expert], [&](std::size_t other) { return are_close(projection.row(other), gate.row(row), most); });
      if (!found) return false;
    }
  }
  return true;
}

const Activation* activation_of(const std::vector<ExpertGate>& gates) {
  constexpr double close = 1e-6;
  for (const Activation& activation : activations) {
    const bool makes = std::ranges::all_of(gates, [&](const ExpertGate& gate) {
      Matrix made = gate.in;
      for (double& value : made.values) value = activation.of(value);
      return relative_l2(made, gate.out, true) < close;
    });
    if (makes) return &activation;
  }
  return nullptr;
}

Matrix product(const Activation& activation, const Matrix& gate, const Matrix& up) {
  Matrix result = gate;
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    result.values[i] = activation.of(gate.values[i]) * up.values[i];
  }
  return result;
}

}  // namespace

std::optional<results::Cause> explain_experts(const ExpertInside& inside) {
  const std::vector<Rows> rows = rows_by_expert(inside.order);
  const Activation* right = activation_of(inside.gates);
  if (inside.projections.size() != 2 || rows.size() != inside.gates.size() || right == nullptr) return std::nullopt;
  const bool first = is_gate(inside, rows, inside.projections[0]);
  const bool second = is_gate(inside, rows, inside.projections[1]);
  if (first == second) return std::nullopt;
  const Matrix& gate = inside.projections[first ? 0 : 1];
  const Matrix& up = inside.projections[first ? 1 : 0];

  const double error = relative_l2(inside.product, product(*right, gate, up), false);
  for (const bool exchanged : {false, true}) {
    for (const Activation& activation : activations) {
      const Matrix made = exchanged ? product(activation, up, gate) : product(activation, gate, up);
      const double left = relative_l2(inside.product, made, false);
      if (left > suspect_over_floor * inside.floor) continue;
      if (!exchanged && &activation == right) return std::nullopt;
      results::Cause cause;
      cause.name = "activation";
      cause.proved = true;
      cause.error_removed = error == 0 ? 0 : std::max(0.0, 1 - left / error);
      cause.sentence = std::string(activation.name) + (exchanged ? " of the other projection" : "") +
                       " where the reference computes " + std::string(right->name);
      if (exchanged) cause.sentence += " of the gate: the experts' gate and up are exchanged";
      return cause;
    }
  }
  return std::nullopt;
}

}  // namespace portwright::diagnose
