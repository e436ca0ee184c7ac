// Keys, queries or values of a gated delta rule that are made otherwise of the right projection.
#include "diagnose/config_values.hpp"
#include "diagnose/nearest.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

// The reference's making of what the scene shows, and the projections it was looked for in.
struct MadeHeads {
  std::string operand;
  std::vector<Projected> sources;
  std::optional<HeadsMaking> right;
};
MadeHeads made_heads(const Scene& scene) {
  MadeHeads made{recurrent_operand(scene), {}, {}};
  if (made.operand.empty()) return made;
  made.sources = projected_before(scene);
  made.right = making_of_heads(scene, made.sources);
  return made;
}

std::string features_in_words(const Scene& scene, const HeadsMaking& making) {
  return "features " + std::to_string(making.first) + " to " +
         std::to_string(making.first + making.own * scene.want.columns - 1) + " of " +
         starred(scene.calls[making.from->maker].path).path + "'s output";
}

}  // namespace

std::optional<Prediction> predict_recurrent_activation(const Scene& scene) {
  const MadeHeads made = made_heads(scene);
  if (!made.right) return std::nullopt;
  constexpr double clearly = 0.5;
  Nearest nearest(scene.got, clearly);
  for (const Activation& activation : activations) {
    if (activation.name == made.right->activation->name) continue;
    HeadsMaking other = *made.right;
    other.activation = &activation;
    nearest.consider({heads_made(other, scene.want),
                      std::string(activation.name) + " where the reference computes " +
                          std::string(made.right->activation->name) + " before the " + made.operand +
                          " are cut into heads",
                      {},
                      "always"});
  }
  return std::move(nearest).best();
}

std::optional<Prediction> predict_unit_length(const Scene& scene) {
  const MadeHeads made = made_heads(scene);
  if (!made.right) return std::nullopt;
  HeadsMaking other = *made.right;
  if (made.right->eps) {
    other.eps.reset();
    return Prediction{
        heads_made(other, scene.want),
        "the port does not divide the " + made.operand + " of each head by their length, where the reference does",
        {},
        "always"};
  }
  other.eps = 0;
  return Prediction{
      heads_made(other, scene.want),
      "the port divides the " + made.operand + " of each head by their length, where the reference does not",
      {},
      "always"};
}

std::optional<Prediction> predict_unit_length_eps(const Scene& scene) {
  const MadeHeads made = made_heads(scene);
  if (!made.right || !made.right->eps) return std::nullopt;
  Nearest nearest(scene.got);
  for (const ConfigValue& eps : likely_eps(scene.config)) {
    for (const bool to_mean : {false, true}) {
      HeadsMaking other = *made.right;
      other.eps = eps.value * (to_mean ? static_cast<double>(scene.want.columns) : 1);
      if (*other.eps == *made.right->eps) continue;
      const std::string from = eps.key.empty() ? "" : " (config " + eps.key + ")";
      nearest.consider({heads_made(other, scene.want),
                        "the " + made.operand + " are divided by their length with eps " + digits(eps.value) + from +
                            " added to the " + (to_mean ? "mean" : "sum") +
                            " of their squares, where the reference adds " + digits(*made.right->eps) + " to the sum",
                        {},
                        "always"});
    }
  }
  return std::move(nearest).best();
}

std::optional<Prediction> predict_recurrent_head_order(const Scene& scene) {
  const MadeHeads made = made_heads(scene);
  if (!made.right) return std::nullopt;
  const auto heads = static_cast<std::size_t>(scene.want.shape[2]);
  if (made.right->own == 1 || made.right->own == heads) return std::nullopt;
  HeadsMaking other = *made.right;
  other.tiled = true;
  return Prediction{heads_made(other, scene.want),
                    "head h of the delta rule takes the " + made.operand + " of head h mod " +
                        std::to_string(other.own) + " (tiled) where the reference's neighbours share one (repeated)",
                    {},
                    "always"};
}

std::optional<Prediction> predict_recurrent_cut(const Scene& scene) {
  const MadeHeads made = made_heads(scene);
  if (!made.right) return std::nullopt;
  Nearest nearest(scene.got);
  for (const Projected& from : made.sources) {
    HeadsMaking other = *made.right;
    other.from = &from;
    for (other.first = 0; other.first + other.own * scene.want.columns <= from.array.columns;
         other.first += scene.want.columns) {
      if (other.from == made.right->from && other.first == made.right->first) continue;
      nearest.consider({heads_made(other, scene.want),
                        "the port makes the " + made.operand + " of " + features_in_words(scene, other) +
                            " where the reference takes " + features_in_words(scene, *made.right),
                        {},
                        "always"});
    }
  }
  return std::move(nearest).best();
}

}  // namespace portwright::diagnose
