// A fused projection cut at other places: the port takes features of it that are another array's.
#include <algorithm>

#include "diagnose/layout.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/recurrence.hpp"
#include "diagnose/rotation.hpp"

namespace portwright::diagnose {
namespace {

// An array as heads of positions; one head where it has no axis for them.
struct ByHeads {
  const Matrix& array;
  HeadRows rows;

  [[nodiscard]] std::span<const double> of(std::size_t head, std::size_t position) const {
    return array.row(rows.row(head, position));
  }
};

std::optional<ByHeads> by_heads(const Matrix& array, std::size_t positions) {
  if (const auto rows = head_rows(array.shape, positions)) return ByHeads{array, *rows};
  if (array.rows != positions) return std::nullopt;
  return ByHeads{array, {1, positions, true}};
}

bool is_near(std::span<const double> a, std::span<const double> b) {
  constexpr double near = 1e-4;
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return error <= near * near * size;
}

// Where a head's features lie in a fused row: `step` apart from `first` on.
struct Lie {
  std::size_t first = 0;
  std::size_t step = 1;

  bool operator==(const Lie&) const = default;
};

std::vector<double> taken(std::span<const double> fused, const Lie& lie, std::size_t width) {
  std::vector<double> features(width);
  for (std::size_t i = 0; i < width; ++i) features[i] = fused[lie.first + i * lie.step];
  return features;
}

// Of each head of the first position; empty where one is not there. Heads that are cut innermost are `heads` apart.
std::vector<Lie> places_in(std::span<const double> fused, const ByHeads& array, std::size_t step) {
  std::vector<Lie> places;
  const std::size_t width = array.array.columns;
  const std::size_t span = (width - 1) * step + 1;
  for (std::size_t head = 0; head < array.rows.heads; ++head) {
    const auto wanted = array.of(head, 0);
    Lie lie{0, step};
    while (lie.first + span <= fused.size() && !is_near(taken(fused, lie, width), wanted)) ++lie.first;
    if (lie.first + span > fused.size()) return {};
    places.push_back(lie);
  }
  return places;
}
std::vector<Lie> places_in(std::span<const double> fused, const ByHeads& array) {
  std::vector<Lie> places = places_in(fused, array, 1);
  if (places.empty() && array.rows.heads > 1) places = places_in(fused, array, array.rows.heads);
  return places;
}

Matrix cut_at(const std::vector<Lie>& places, const Matrix& fused, const ByHeads& like) {
  Matrix cut = like.array;
  for (std::size_t head = 0; head < places.size(); ++head) {
    for (std::size_t position = 0; position < like.rows.positions; ++position) {
      std::ranges::copy(taken(fused.row(position), places[head], cut.columns),
                        cut.row(like.rows.row(head, position)).begin());
    }
  }
  return cut;
}

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
