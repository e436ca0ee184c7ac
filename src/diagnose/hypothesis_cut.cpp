// A fused projection cut at other places: the port takes features of it that are another array's.
#include <algorithm>

#include "diagnose/fused.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/recurrence.hpp"
#include "diagnose/rotation.hpp"

namespace portwright::diagnose {
namespace {

// The port's cut, turned by what turns the reference's: no rotation turns the first position, where the cuts are found.
Matrix turned_as_reference(const Scene& scene, const Matrix& fused, const std::vector<Lie>& port,
                           const std::vector<Lie>& reference) {
  const std::size_t positions = positions_of(scene.calls);
  Matrix cut = cut_at(port, fused, *by_heads(scene.got, positions));
  const Matrix right = cut_at(reference, fused, *by_heads(scene.want, positions));
  constexpr double exact_turn = 1e-6;  // float32 angles of the reference are part of its float64 run
  const auto rotation = rotation_between(right, scene.want, positions, exact_turn);
  if (rotation) cut = turned(cut, *rotation, TurnedBy::position).value_or(cut);
  return cut;
}

// "features 0 to 15 of each 32", "features 64 to 127", "one feature in 4 for a head".
std::string in_words(const std::vector<Lie>& places, std::size_t width) {
  if (places.front().step > 1) return "one feature in " + std::to_string(places.front().step) + " for a head";
  const std::size_t first = places.front().first;
  const std::size_t heads = places.size();
  const std::size_t apart = heads == 1 ? width : places[1].first - first;
  for (std::size_t head = 1; head < heads; ++head) {
    if (places[head].first != first + head * apart) return "other features";
  }
  const bool together = apart == width;
  const std::size_t last = first + (together ? heads * width : width) - 1;
  const std::string range = "features " + std::to_string(first) + " to " + std::to_string(last);
  return together ? range : range + " of each " + std::to_string(apart);
}

// A block of features for each head.
std::optional<Prediction> cut_into_blocks(const Scene& scene) {
  const std::size_t positions = positions_of(scene.calls);
  const auto got = by_heads(scene.got, positions);
  const auto want = by_heads(scene.want, positions);
  if (!got || !want || positions == 0) return std::nullopt;
  const auto layer = starred(scene.call().path).layer;
  const auto scale = scene.call().scalars.find("scale");  // attention is shown its queries times it
  const double factor = scale == scene.call().scalars.end() ? 1 : scale->second;
  for (const Call& call : scene.calls) {
    if (starred(call.path).layer != layer || !function_of(call.path).empty() || call.out.shape.empty()) continue;
    if (static_cast<std::size_t>(call.out.shape.back()) <= got->rows.heads * scene.got.columns) continue;
    auto fused = scene.reference(call.name() + ":out");
    if (!fused || fused->rows != positions) continue;
    *fused = scaled_by(std::move(*fused), factor);
    const std::vector<Lie> port = places_in(fused->row(0), *got);
    const std::vector<Lie> reference = port.empty() ? port : places_in(fused->row(0), *want);
    if (port.empty() || reference.empty() || port == reference) continue;
    std::string sentence = "the port takes " + in_words(port, scene.got.columns) + " of " + starred(call.path).path +
                           "'s output here where the reference takes " + in_words(reference, scene.got.columns);
    return Prediction{turned_as_reference(scene, *fused, port, reference), std::move(sentence), {}, "always"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Prediction> predict_cut(const Scene& scene) {
  if (!recurrent_operand(scene).empty()) return predict_recurrent_cut(scene);
  if (is_gate_of_recurrence(scene)) return predict_decay_cut(scene);
  auto blocks = cut_into_blocks(scene);
  return blocks ? blocks : predict_features(scene);
}

}  // namespace portwright::diagnose
