#include "diagnose/layout.hpp"

namespace portwright::diagnose {
namespace {

// Strides of (position, head, feature of a head) in an array of one batch row.
struct Strides {
  std::size_t position = 0;
  std::size_t head = 0;
  std::size_t feature = 1;
};

std::optional<Strides> strides_of(const Shape& shape, std::size_t positions, std::size_t heads, std::size_t width,
                                  Heads order) {
  const auto axis = [&](std::size_t i) { return static_cast<std::size_t>(shape[i]); };
  if (shape.size() == 3 && axis(1) == positions && axis(2) == heads * width) {
    return order == Heads::outermost ? Strides{heads * width, width, 1} : Strides{heads * width, 1, heads};
  }
  const auto rows = head_rows(shape, positions);
  if (!rows || rows->heads != heads || axis(3) != width) return std::nullopt;
  return rows->heads_first ? Strides{width, positions * width, 1} : Strides{heads * width, width, 1};
}

}  // namespace

std::optional<HeadRows> head_rows(const Shape& shape, std::size_t positions) {
  if (shape.size() != 4 || shape[0] != 1) return std::nullopt;
  const auto first = static_cast<std::size_t>(shape[1]);
  const auto second = static_cast<std::size_t>(shape[2]);
  if (second == positions) return HeadRows{first, positions, true};
  if (first == positions) return HeadRows{second, positions, false};
  return std::nullopt;
}

std::optional<Matrix> arranged(const Matrix& array, const Shape& shape, std::size_t positions, Heads order) {
  if (array.shape == shape && order == Heads::outermost) return array;
  const Shape& headed = shape.size() == 4 ? shape : array.shape;  // whichever tells the heads
  const auto rows = head_rows(headed, positions);
  if (!rows || array.shape.empty() || array.shape.front() != 1 || shape.front() != 1) return std::nullopt;
  const auto width = static_cast<std::size_t>(headed[3]);
  const auto from = strides_of(array.shape, positions, rows->heads, width, order);
  const auto to = strides_of(shape, positions, rows->heads, width, Heads::outermost);
  if (!from || !to || array.values.size() != positions * rows->heads * width) return std::nullopt;
  Matrix result = matrix(shape, std::vector<double>(array.values.size()));
  for (std::size_t position = 0; position < positions; ++position) {
    for (std::size_t head = 0; head < rows->heads; ++head) {
      for (std::size_t i = 0; i < width; ++i) {
        result.values[position * to->position + head * to->head + i * to->feature] =
            array.values[position * from->position + head * from->head + i * from->feature];
      }
    }
  }
  return result;
}

}  // namespace portwright::diagnose
