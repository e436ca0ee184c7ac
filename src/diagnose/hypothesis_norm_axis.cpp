// A norm of queries or keys over each head where the reference takes all heads together, or the other way round. What
// follows it, a rotation or a scale, keeps the factor by which a head's row is off.
#include <cmath>
#include <set>

#include "diagnose/layout.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/nearest.hpp"
#include "diagnose/norm_model.hpp"

namespace portwright::diagnose {
namespace {

// Mean squares of a norm's input, of each head and of all heads of a position.
struct MeanSquares {
  std::size_t heads = 0;
  std::vector<double> of_head;  // [positions, heads]
  std::vector<double> of_all;   // [positions]
};

MeanSquares mean_squares(const Matrix& input, std::size_t positions, std::size_t heads) {
  MeanSquares squares{heads, {}, {}};
  const std::size_t width = input.values.size() / positions / heads;
  for (std::size_t position = 0; position < positions; ++position) {
    double all = 0;
    for (std::size_t head = 0; head < heads; ++head) {
      const std::span<const double> row(input.values.data() + (position * heads + head) * width, width);
      squares.of_head.push_back(mean_square(row, false));
      all += squares.of_head.back();
    }
    squares.of_all.push_back(all / static_cast<double>(heads));
  }
  return squares;
}

// Where a head's features of a position begin, in an array by heads or of whole rows.
std::optional<std::size_t> begin_of(const Matrix& array, std::size_t positions, std::size_t heads, std::size_t head,
                                    std::size_t position) {
  if (const auto rows = head_rows(array.shape, positions)) {
    if (rows->heads != heads) return std::nullopt;
    return rows->row(head, position) * array.columns;
  }
  if (array.rows != positions || array.columns % heads != 0) return std::nullopt;
  return position * array.columns + head * (array.columns / heads);
}

std::optional<Matrix> normed_otherwise(const Scene& scene, const MeanSquares& squares, double eps,
                                       bool reference_by_head) {
  const std::size_t positions = squares.of_all.size();
  Matrix predicted = scene.want;
  const std::size_t width = predicted.values.size() / positions / squares.heads;
  for (std::size_t position = 0; position < positions; ++position) {
    for (std::size_t head = 0; head < squares.heads; ++head) {
      const auto begin = begin_of(scene.want, positions, squares.heads, head, position);
      if (!begin) return std::nullopt;
      const double of_head = squares.of_head[position * squares.heads + head] + eps;
      const double of_all = squares.of_all[position] + eps;
      const double factor = std::sqrt(reference_by_head ? of_head / of_all : of_all / of_head);
      for (std::size_t i = 0; i < width; ++i) predicted.values[*begin + i] *= factor;
    }
  }
  return predicted;
}

// The norm's own output where it takes the features of a position in so many parts.
std::optional<Matrix> over_other_features(NormModel model, std::size_t positions, std::size_t parts) {
  const Matrix like = model.input;
  const std::size_t rows = positions * parts;
  const auto axis = [](std::size_t size) { return static_cast<std::int64_t>(size); };
  model.input = matrix({axis(rows), axis(like.values.size() / rows)}, like.values);
  Matrix computed = model.computed();
  return Matrix{like.shape, like.rows, like.columns, std::move(computed.values)};
}

}  // namespace

std::optional<Prediction> predict_norm_axis(const Scene& scene) {
  const std::size_t positions = positions_of(scene.calls);
  const auto is_in_layer = [&](const Call& call) {
    return starred(call.path).layer == starred(scene.call().path).layer;
  };
  Nearest nearest(scene.got);
  for (std::size_t i = 0; positions != 0 && i < scene.calls.size(); ++i) {
    const Call& call = scene.calls[i];
    if (!is_norm(call) || !is_in_layer(call)) continue;
    if (call.out.elements() != static_cast<std::int64_t>(scene.want.values.size())) continue;
    const auto model = norm_model_of(scene, i);
    if (!model) continue;
    const bool is_own_output = scene.event.is_end && scene.event.call == i;
    if (model->centred && !is_own_output) continue;  // what the mean takes off is turned with the rest
    const auto own = head_rows(model->input.shape, positions);
    if (own && own->heads_first) continue;
    for (const std::size_t heads : own ? std::set{own->heads} : head_counts(scene, is_in_layer)) {
      if (heads < 2 || model->input.values.size() % (positions * heads) != 0) continue;
      auto predicted = is_own_output ? over_other_features(*model, positions, own ? 1 : heads)
                                     : normed_otherwise(scene, mean_squares(model->input, positions, heads), model->eps,
                                                        own.has_value());
      if (!predicted) continue;
      nearest.consider({std::move(*predicted),
                        starred(call.path).path + " normalises " +
                            (own ? "all heads together where the reference normalises each head"
                                 : "each head where the reference normalises all heads together"),
                        {},
                        "always"});
    }
  }
  return std::move(nearest).best();
}

}  // namespace portwright::diagnose
