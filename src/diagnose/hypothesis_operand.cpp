// Queries, keys or values made otherwise of the right projection: turned where the reference does not turn them, or not
// turned, turned by the number of the head, cut into heads in another order, or turned on the other side of a norm.
#include <cmath>

#include "diagnose/nearby.hpp"
#include "diagnose/operand.hpp"

namespace portwright::diagnose {
namespace {

// A rotation that some layer of the reference applies before the same call.
std::optional<Rotation> rotation_elsewhere(const Scene& scene, const std::string& starred_path, std::size_t width) {
  for (const Call& call : scene.calls) {
    if (starred(call.path).path != starred_path || call.in.shape.empty()) continue;
    if (static_cast<std::size_t>(call.in.shape.back()) != width) continue;
    const auto made = scene.reference(call.name() + ":in");
    auto making = made ? making_of(scene, call, *made) : std::nullopt;
    if (making && making->rotation) return making->rotation;
  }
  return std::nullopt;
}

// The point of the keys beside this operand, with a star for the layer: values may be turned as keys are.
std::string keys_of(const Scene& scene) { return starred(module_of(scene.call().path)).path + ".@attention_key"; }

// The rotation that the reference applies to what this norm hands out, or that made its input.
std::optional<Rotation> rotation_around(const Scene& scene, const Making& input) {
  if (input.rotation) return input.rotation;
  const std::string attention = scene.calls[scene.event.call].parent;
  for (const char* function : {"attention", "attention_key"}) {
    const std::string path = path_of(attention) + ".@" + function;
    for (const Call& call : scene.calls) {
      if (call.path != path) continue;
      const auto made = scene.reference(call.name() + ":in");
      const auto making = made ? making_of(scene, call, *made) : std::nullopt;
      if (making && making->rotation && making->rotation->width == scene.want.columns)
        return unscaled(*making->rotation);
    }
  }
  return std::nullopt;
}

// The features that the operand is made of as its source hands them out; nothing where those of a fused projection do
// not lie side by side.
std::optional<Matrix> block_of(const Scene& scene, const Making& making) {
  auto source = scene.reference(making.source);
  if (!source || making.places.empty()) return source;
  const std::size_t first = making.places.front().first;
  const std::size_t width = making.from.columns;
  for (std::size_t head = 0; head < making.places.size(); ++head) {
    if (making.places[head] != Lie{first + head * width, 1}) return std::nullopt;
  }
  Matrix block{{1, static_cast<std::int64_t>(source->rows), static_cast<std::int64_t>(making.places.size() * width)},
               source->rows,
               making.places.size() * width,
               {}};
  for (std::size_t row = 0; row < source->rows; ++row) {
    const auto features = source->row(row).subspan(first, block.columns);
    block.values.insert(block.values.end(), features.begin(), features.end());
  }
  return block;
}

}  // namespace

std::optional<Prediction> predict_rope_extra(const Scene& scene) {
  if (!is_operand(scene)) return std::nullopt;
  const auto making = making_of(scene, scene.call(), scene.want);
  if (!making || making->rotation) return std::nullopt;
  auto rotation = rotation_elsewhere(scene, starred(scene.call().path).path, scene.want.columns);
  if (!rotation) rotation = rotation_elsewhere(scene, keys_of(scene), scene.want.columns);
  auto made = rotation ? turned(making->from, *rotation, TurnedBy::position) : std::nullopt;
  if (!made) return std::nullopt;
  return Prediction{std::move(*made),
                    "the port turns the " + operand_in_words(scene) +
                        " of these layers by their position, where the reference does not",
                    {},
                    "always",
                    rounding_of(*rotation)};
}

std::optional<Prediction> predict_rope_missing(const Scene& scene) {
  if (!is_operand(scene)) return std::nullopt;
  const auto making = making_of(scene, scene.call(), scene.want);
  if (!making || !making->rotation) return std::nullopt;
  return Prediction{
      scaled_by(making->from, making->rotation->rest),
      "the port does not turn the " + operand_in_words(scene) + " of these layers, where the reference does",
      {},
      "always"};
}

std::optional<Prediction> predict_rope_by_head(const Scene& scene) {
  if (!is_operand(scene)) return std::nullopt;
  const auto making = making_of(scene, scene.call(), scene.want);
  if (!making || !making->rotation) return std::nullopt;
  auto made = turned(making->from, *making->rotation, TurnedBy::head);
  if (!made) return std::nullopt;
  return Prediction{std::move(*made),
                    "the port turns the " + operand_in_words(scene) +
                        " by the number of their head, where their position is meant: heads and positions "
                        "are exchanged when they are turned",
                    {},
                    "always"};
}

std::optional<Prediction> predict_rope_end(const Scene& scene) {
  if (!is_operand(scene)) return std::nullopt;
  auto making = making_of(scene, scene.call(), scene.want);
  if (!making || !making->rotation || making->rotation->turned == making->rotation->width) return std::nullopt;
  making->rotation->start = making->rotation->width - making->rotation->turned;
  auto made = turned(making->from, *making->rotation, TurnedBy::position);
  if (!made) return std::nullopt;
  return Prediction{std::move(*made),
                    "the port turns the last " + std::to_string(making->rotation->turned) + " features of the " +
                        operand_in_words(scene) + ", where the reference turns the first",
                    {},
                    "always"};
}

std::optional<Prediction> predict_head_layout(const Scene& scene) {
  if (!is_operand(scene)) return std::nullopt;
  const auto making = making_of(scene, scene.call(), scene.want);
  const auto block = making ? block_of(scene, *making) : std::nullopt;
  if (!block || block->values.size() != scene.want.values.size()) return std::nullopt;
  auto in_memory = as_made(*making, matrix(scene.want.shape, block->values));
  if (in_memory && relative_l2(scene.got, *in_memory, true) < relative_l2(scene.got, scene.want, true) / 2) {
    return Prediction{std::move(*in_memory),
                      point_in_words(making->source) +
                          " is reshaped into heads of positions as it lies in memory, where heads and positions have "
                          "to be exchanged",
                      {},
                      "always"};
  }
  const auto innermost = arranged(*block, scene.want.shape, positions_of(scene.calls), Heads::innermost);
  auto made = innermost ? as_made(*making, *innermost) : std::nullopt;
  if (!made) return std::nullopt;
  return Prediction{std::move(*made),
                    point_in_words(making->source) +
                        " is cut into heads with the heads innermost, where each head's features lie together",
                    {},
                    "always"};
}

std::optional<Prediction> predict_operand_bias(const Scene& scene) {
  if (!is_operand(scene)) return std::nullopt;
  const auto making = making_of(scene, scene.call(), scene.want);
  if (!making) return std::nullopt;
  const std::string name = path_of(making->source) + ".bias";
  const auto bias = scene.parameter(name);
  auto source = scene.reference(making->source);
  if (!bias || !source || bias->empty() || bias->size() != source->columns) return std::nullopt;
  for (std::size_t i = 0; i < source->values.size(); ++i) source->values[i] -= (*bias)[i % bias->size()];
  auto made = as_made_of(scene, *making, *source);
  if (!made) return std::nullopt;
  return Prediction{std::move(*made), "the port does not add " + starred(name).path, {}, "always"};
}

std::optional<Prediction> predict_rope_order(const Scene& scene) {
  if (is_operand(scene)) return predict_operand_turned_first(scene);
  const Call& call = scene.call();
  if (scene.event.is_end || !is_norm(call) || scene.want.shape.size() != 4) return std::nullopt;
  const auto making = making_of(scene, call, scene.want);
  if (!making) return std::nullopt;
  const auto rotation = rotation_around(scene, *making);
  if (!rotation) return std::nullopt;
  if (making->rotation) {
    return Prediction{
        making->from, "the port normalises before it turns, where the reference turns first", {}, "always"};
  }
  auto made = turned(scene.want, *rotation, TurnedBy::position);
  if (!made) return std::nullopt;
  return Prediction{std::move(*made),
                    "the port turns before it normalises, where the reference normalises first",
                    {},
                    "always",
                    rounding_of(*rotation)};
}

}  // namespace portwright::diagnose
