#include "diagnose/pieces.hpp"

#include <algorithm>
#include <set>

#include "diagnose/layout.hpp"
#include "diagnose/nearby.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::size_t most_parts = 4;  // of one projection, as that of a recurrent layer

// Every row's features from `first` on: `run` of them, then the next `run` that lie `step` further on.
Matrix taken(const Matrix& fused, const Matrix& like, std::size_t first, std::size_t run, std::size_t step) {
  Matrix part = like;
  for (std::size_t row = 0; row < like.rows; ++row) {
    for (std::size_t i = 0; i < like.columns; ++i) {
      part.row(row)[i] = fused.row(row)[first + i / run * step + i % run];
    }
  }
  return part;
}

// A causal convolution's output as PyTorch has it: [1, channels, positions and what the padding adds behind them].
std::optional<Matrix> of_channels(const Matrix& made, const Matrix& like) {
  const bool fits = made.shape.size() == 3 && made.shape[0] == 1 && made.rows == like.columns &&
                    made.columns >= like.rows && like.rows > 1;
  if (!fits) return std::nullopt;
  Matrix turned = like;
  for (std::size_t row = 0; row < like.rows; ++row) {
    for (std::size_t i = 0; i < like.columns; ++i) turned.row(row)[i] = made.row(i)[row];
  }
  return turned;
}

// A convolution is handed rows of zeros before the first position.
Matrix behind_zeros(Matrix made, const Matrix& like) {
  if (made.rows >= like.rows || made.columns % like.columns != 0) return made;
  const std::size_t before = like.rows - made.rows;
  const auto is_zero = [](double value) { return value == 0; };
  const std::span<const double> first(like.values.data(), before * like.columns);
  if (!std::ranges::all_of(first, is_zero)) return made;
  made.values.insert(made.values.begin(), before * made.columns, 0.0);
  made.rows = like.rows;
  made.shape = {1, static_cast<std::int64_t>(made.rows), static_cast<std::int64_t>(made.columns)};
  return made;
}

// Whether the array has a row for each head of a position where the other has one for the position.
bool is_by_rows_of_heads(const Matrix& made, const Matrix& like) {
  return like.shape.size() == 2 && made.values.size() == like.values.size() && made.columns > like.columns &&
         made.columns % like.columns == 0;
}

// A number for each head, as a gate of heads is: the same for all features of one.
std::optional<Matrix> spread_over_heads(const Matrix& made, const Matrix& like) {
  const bool by_head = made.columns > 1 && made.rows == like.rows && made.columns < like.columns;
  if (!by_head || like.columns % made.columns != 0) return std::nullopt;
  const std::size_t width = like.columns / made.columns;
  Matrix spread = like;
  for (std::size_t row = 0; row < like.rows; ++row) {
    for (std::size_t i = 0; i < like.columns; ++i) spread.row(row)[i] = made.row(row)[i / width];
  }
  return spread;
}

void add_parts(const Matrix& made, const Matrix& like, std::size_t maker, const std::set<std::size_t>& heads,
               std::vector<Piece>& pieces) {
  const std::size_t parts = like.columns == 0 ? 0 : made.columns / like.columns;
  if (made.rows != like.rows || parts < 2 || parts > most_parts || made.columns != parts * like.columns) return;
  for (std::size_t part = 0; part < parts; ++part) {
    pieces.push_back({taken(made, like, part * like.columns, like.columns, like.columns), maker, Cut::blocks, part});
    pieces.push_back({taken(made, like, part, 1, parts), maker, Cut::turns, part});
    for (const std::size_t count : heads) {
      if (like.columns % count != 0) continue;
      const std::size_t width = like.columns / count;
      pieces.push_back({taken(made, like, part * width, width, parts * width), maker, Cut::blocks_of_heads, part});
    }
  }
}

}  // namespace

std::vector<Piece> pieces_before(const Scene& scene) {
  const std::size_t positions = positions_of(scene.calls);
  const auto is_beside = [&](const Call& call) { return call.parent == scene.call().parent; };
  const std::set<std::size_t> heads = head_counts(scene, is_beside);
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < scene.event.call; ++i) {
    const Call& call = scene.calls[i];
    if (!is_beside(call) || call.out.shape.empty()) continue;
    auto made = scene.reference(call.name() + ":out");
    if (!made) continue;
    *made = behind_zeros(std::move(*made), scene.want);
    if (same_size(*made, scene.want)) {
      pieces.push_back({*made, i, Cut::whole});
    } else if (auto moved = arranged(*made, scene.want.shape, positions)) {
      pieces.push_back({std::move(*moved), i, Cut::whole});
    } else if (is_by_rows_of_heads(*made, scene.want)) {
      pieces.push_back({Matrix{scene.want.shape, scene.want.rows, scene.want.columns, made->values}, i, Cut::whole});
    } else if (auto turned = of_channels(*made, scene.want)) {
      pieces.push_back({std::move(*turned), i, Cut::whole});
    } else if (auto spread = spread_over_heads(*made, scene.want)) {
      pieces.push_back({std::move(*spread), i, Cut::whole});
    } else {
      add_parts(*made, scene.want, i, heads, pieces);
    }
  }
  return pieces;
}

}  // namespace portwright::diagnose
