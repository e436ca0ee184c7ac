// Another activation function. How the reference computes the array is found first, f(gate) or f(gate) * up of what
// earlier calls of the same module handed out; then which f the port must have used. Where that cannot be found, one
// function between the right array and the port's says it.
#include <algorithm>
#include <cmath>

#include "diagnose/activations.hpp"
#include "diagnose/localise.hpp"
#include "diagnose/nearest.hpp"
#include "diagnose/pieces.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

// Several pairs of activations say the same of an array; the first of the table is the likeliest.
constexpr double clearly = 0.5;

struct GatedOperands {
  const Piece* gate = nullptr;
  const Piece* up = nullptr;  // null where there is none
  bool of_product = false;    // the activation of gate x up, not of the gate alone
};

double computed_at(const GatedOperands& operands, const Activation& activation, std::size_t i) {
  const double gate = operands.gate->array.values[i];
  const double up = operands.up != nullptr ? operands.up->array.values[i] : 1;
  return operands.of_product ? activation.of(gate * up) : activation.of(gate) * up;
}

Matrix computed(const GatedOperands& operands, const Activation& activation) {
  Matrix result = operands.gate->array;
  for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] = computed_at(operands, activation, i);
  return result;
}

// Whether two rows of numbers agree roughly in their first few: most of what is tried is far off.
template <typename A, typename B>
bool may_agree(std::size_t size, A one, B other) {
  constexpr std::size_t few = 16;
  constexpr double far_off = 0.1;
  double error = 0;
  double square = 0;
  for (std::size_t i = 0; i < std::min(few, size); ++i) {
    const double difference = one(i) - other(i);
    error += difference * difference;
    square += other(i) * other(i);
  }
  return error <= far_off * far_off * square;
}

bool may_be(const GatedOperands& operands, const Activation& activation, const Matrix& target) {
  return may_agree(
      target.values.size(), [&](std::size_t i) { return computed_at(operands, activation, i); },
      [&](std::size_t i) { return target.values[i]; });
}

std::vector<GatedOperands> ways_to_combine(const std::vector<Piece>& pieces) {
  std::vector<GatedOperands> ways;
  for (const Piece& gate : pieces) {
    ways.push_back({&gate, nullptr});
    for (const Piece& up : pieces) {
      // One projection is cut in one way.
      if (&up == &gate || (up.maker == gate.maker && up.cut != gate.cut)) continue;
      ways.push_back({&gate, &up});
      if (&gate < &up) ways.push_back({&gate, &up, true});
    }
  }
  return ways;
}

// The first way, and the activation, by which the reference's own array comes out.
struct Right {
  const GatedOperands* way = nullptr;
  const Activation* activation = nullptr;
};
Right right_way(const Scene& scene, const std::vector<GatedOperands>& ways) {
  for (const GatedOperands& way : ways) {
    for (const Activation& activation : activations) {
      if (!may_be(way, activation, scene.want)) continue;
      if (relative_l2(computed(way, activation), scene.want, true) <= suspect_over_floor * scene.floor)
        return {&way, &activation};
    }
  }
  return {};
}

// The same modules' work, each of them as gate.
bool is_variation(const GatedOperands& way, const GatedOperands& used) {
  if ((way.up == nullptr) != (used.up == nullptr)) return false;
  if (way.up == nullptr) return way.gate->maker == used.gate->maker;
  return (way.gate->maker == used.gate->maker && way.up->maker == used.up->maker) ||
         (way.gate->maker == used.up->maker && way.up->maker == used.gate->maker);
}

// "part 2 of model.layers.*.conv.in_proj's output"
std::string in_words(const Scene& scene, const Piece& piece) {
  const std::string whole = starred(scene.calls[piece.maker].path).path + "'s output";
  return piece.cut == Cut::whole ? whole : "part " + std::to_string(piece.part + 1) + " of " + whole;
}

std::string deviation_in_words(const Scene& scene, const GatedOperands& way, const Right& right) {
  const GatedOperands& used = *right.way;
  if (way.of_product != used.of_product) return way.of_product ? " of the product" : " of the gate alone";
  // Where the reference has no activation neither of its operands is the gate.
  if (right.activation->name == no_activation) return " of " + in_words(scene, *way.gate);
  if (way.gate->maker == used.gate->maker && way.gate->cut != used.gate->cut) {
    const bool in_turn = way.gate->cut == Cut::turns;
    return in_turn                        ? " of every second feature of the fused projection"
           : way.gate->cut == Cut::blocks ? " of one half of the fused projection"
                                          : " of one half of each head of the fused projection";
  }
  return way.gate != used.gate && way.up != nullptr ? " of the other projection" : "";
}

// The config's key that asks for the reference's activation; a gate's own function is no key's.
std::optional<std::string> configured(const Json& config, const Activation& right) {
  for (const char* key : {"hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act"}) {
    const auto found = config.find(key);
    if (found == config.end() || !found->is_string()) continue;
    const auto name = " " + found->get<std::string>() + " ";
    if ((" " + std::string(right.in_configs) + " ").find(name) != std::string::npos) return key;
  }
  return std::nullopt;
}

Prediction other_activation(const Scene& scene, Matrix predicted, const std::string& port, const Activation& right) {
  Prediction made{std::move(predicted), port + " where the reference computes " + std::string(right.name),
                  configured(scene.config, right), "always"};
  if (made.field)
    made.sentence += " (config " + *made.field + " says " + scene.config[*made.field].get<std::string>() + ")";
  return made;
}

// The right array's activation is missing, or there once more.
void consider_between(const Scene& scene, Nearest& nearest) {
  for (const Activation& activation : activations) {
    if (activation.name == no_activation) continue;
    Matrix applied = scene.want;
    for (double& value : applied.values) value = activation.of(value);
    nearest.consider(
        {std::move(applied), std::string(activation.name) + " of what the reference takes as it is", {}, "always"});
    // An activation cannot be undone: what is left is what the port's array lacks once it has been applied to it.
    Matrix missing = scene.got;
    for (std::size_t i = 0; i < missing.values.size(); ++i) {
      missing.values[i] += scene.want.values[i] - activation.of(scene.got.values[i]);
    }
    nearest.consider(other_activation(scene, std::move(missing), std::string(no_activation), activation));
  }
}

// f(gate) times an array that nothing shows: it is the same in both, so that got / want = f(gate) / g(gate).
void consider_hidden_factor(const Scene& scene, const std::vector<Piece>& pieces, Nearest& nearest) {
  for (const Piece& gate : pieces) {
    for (const Activation& right : activations) {
      for (const Activation& port : activations) {
        if (port.name == right.name) continue;
        const auto gate_at = [&](std::size_t i) { return gate.array.values[i]; };
        const bool plausible = may_agree(
            scene.got.values.size(), [&](std::size_t i) { return scene.got.values[i] * right.of(gate_at(i)); },
            [&](std::size_t i) { return scene.want.values[i] * port.of(gate_at(i)); });
        if (!plausible) continue;
        bool possible = true;
        Matrix predicted = scene.want;
        for (std::size_t i = 0; i < predicted.values.size(); ++i) {
          const double value = right.of(gate_at(i));
          // Where the right one is 0 nothing tells the factor, and the array is 0.
          possible = possible && (value != 0 || predicted.values[i] == 0);
          predicted.values[i] = value == 0 ? scene.got.values[i] : predicted.values[i] / value * port.of(gate_at(i));
        }
        if (possible) nearest.consider(other_activation(scene, std::move(predicted), std::string(port.name), right));
      }
    }
  }
}

bool is_plain_product(const GatedOperands& way, const Activation& activation) {
  return way.up != nullptr && activation.name == no_activation;
}

}  // namespace

std::optional<Prediction> predict_activation(const Scene& scene) {
  if (!recurrent_operand(scene).empty()) return predict_recurrent_activation(scene);
  if (is_gate_of_recurrence(scene)) return predict_decay_activation(scene);
  const std::vector<Piece> pieces = pieces_before(scene);
  if (scene.event.is_end) {
    // A module may be handed a gate beside its input, as a gated norm is.
    Nearest nearest(scene.got, clearly);
    consider_hidden_factor(scene, pieces, nearest);
    return std::move(nearest).best();
  }
  const std::vector<GatedOperands> ways = ways_to_combine(pieces);
  const Right right = right_way(scene, ways);
  Nearest nearest(scene.got, clearly);
  if (right.way == nullptr) {
    consider_between(scene, nearest);
    consider_hidden_factor(scene, pieces, nearest);
    return std::move(nearest).best();
  }
  for (const GatedOperands& way : ways) {
    if (!is_variation(way, *right.way)) continue;
    for (const Activation& activation : activations) {
      if (!may_be(way, activation, scene.got)) continue;
      if (is_plain_product(way, activation) && is_plain_product(*right.way, *right.activation)) continue;
      nearest.consider(other_activation(scene, computed(way, activation),
                                        std::string(activation.name) + deviation_in_words(scene, way, right),
                                        *right.activation));
    }
  }
  return std::move(nearest).best();
}

std::optional<Prediction> predict_factor_exchanged(const Scene& scene) {
  if (scene.event.is_end) return std::nullopt;
  const std::vector<Piece> pieces = pieces_before(scene);
  const std::vector<GatedOperands> ways = ways_to_combine(pieces);
  const Right right = right_way(scene, ways);
  if (right.way == nullptr || !is_plain_product(*right.way, *right.activation)) return std::nullopt;
  Nearest nearest(scene.got, clearly);
  for (const GatedOperands& way : ways) {
    const bool shares_one = way.up != nullptr && (way.gate == right.way->gate || way.gate == right.way->up ||
                                                  way.up == right.way->gate || way.up == right.way->up);
    if (!shares_one || !may_be(way, *right.activation, scene.got)) continue;
    nearest.consider({computed(way, *right.activation),
                      "the port multiplies " + in_words(scene, *way.gate) + " and " + in_words(scene, *way.up) +
                          " where the reference multiplies " + in_words(scene, *right.way->gate) + " and " +
                          in_words(scene, *right.way->up),
                      {},
                      "always"});
  }
  return std::move(nearest).best();
}

std::optional<Prediction> predict_factor_bias(const Scene& scene) {
  const std::vector<Piece> pieces = pieces_before(scene);
  const std::vector<GatedOperands> ways = ways_to_combine(pieces);
  const Right right = right_way(scene, ways);
  if (right.way == nullptr) return std::nullopt;
  Nearest nearest(scene.got);
  for (const bool is_gate : {true, false}) {
    const Piece* const factor = is_gate ? right.way->gate : right.way->up;
    if (factor == nullptr || factor->cut != Cut::whole) continue;
    const std::string name = scene.calls[factor->maker].path + ".bias";
    const auto bias = scene.parameter(name);
    if (!bias || bias->size() != factor->array.columns) continue;
    Piece without = *factor;
    for (std::size_t i = 0; i < without.array.values.size(); ++i) without.array.values[i] -= (*bias)[i % bias->size()];
    GatedOperands way = *right.way;
    (is_gate ? way.gate : way.up) = &without;
    nearest.consider({computed(way, *right.activation), "the port does not add " + starred(name).path, {}, "always"});
  }
  return std::move(nearest).best();
}

}  // namespace portwright::diagnose
