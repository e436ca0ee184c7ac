// One pass over both tensors. They are cut into blocks by their shape alone, each block is summed on some thread, and
// the blocks are added up in order: so the sums do not depend on the number of threads.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "compare/kernels.hpp"
#include "compare/parallel.hpp"

namespace portwright::compare {
namespace {

constexpr std::size_t block_elements = 64 * piece_elements;

// Sums and where the largest error is, as the first element of the piece that holds it.
struct Total {
  Sums sums;
  std::size_t max_error_piece = 0;

  void add(const Sums& other, std::size_t piece_of_max) {
    if (other.max_error > sums.max_error) {
      sums.max_error = other.max_error;
      max_error_piece = piece_of_max;
    }
    sums.error_squared += other.error_squared;
    sums.want_squared += other.want_squared;
    sums.got_squared += other.got_squared;
    sums.dot += other.dot;
    sums.sum_error += other.sum_error;
    sums.max_want = std::max(sums.max_want, other.max_want);
    sums.left_out += other.left_out;
    sums.not_finite += other.not_finite;
  }
  void add(const Total& other) { add(other.sums, other.max_error_piece); }
};

const void* at(const View& view, std::size_t element) {
  return static_cast<const char*>(view.data) + element * size_of(view.dtype);
}

// A stretch of one row.
Total sum_stretch(const Kernels& kernels, const View& got, const View& want, std::size_t begin, std::size_t end) {
  const std::size_t g = index_of(got.dtype);
  const std::size_t w = index_of(want.dtype);
  Total total;
  for (std::size_t piece = begin; piece < end; piece += piece_elements) {
    const std::size_t count = std::min(piece_elements, end - piece);
    Sums sums = kernels.sum_piece[g][w](at(got, piece), at(want, piece), count);
    if (!std::isfinite(sums.error_squared + sums.want_squared + sums.got_squared)) {
      sums = scalar_kernels.sum_piece[g][w](at(got, piece), at(want, piece), count);
    }
    total.add(sums, piece);
  }
  return total;
}

// Blocks are whole rows where rows are short, and stretches of one row where they are long.
struct Blocks {
  std::size_t rows_each = 1;
  std::size_t per_row = 1;
  std::size_t count = 0;

  Blocks(std::size_t rows, std::size_t columns) {
    if (rows == 0 || columns == 0) return;
    rows_each = std::max<std::size_t>(1, block_elements / columns);
    per_row = rows_each > 1 ? 1 : (columns + block_elements - 1) / block_elements;
    count = per_row > 1 ? rows * per_row : (rows + rows_each - 1) / rows_each;
  }
};

std::size_t locate(const View& got, const View& want, std::size_t piece, double max_error) {
  const std::size_t row_end = (piece / want.columns + 1) * want.columns;
  const std::size_t count = std::min(piece_elements, row_end - piece);
  std::array<double, piece_elements> g{};
  std::array<double, piece_elements> w{};
  scalar_kernels.widen[index_of(got.dtype)](at(got, piece), count, g.data());
  scalar_kernels.widen[index_of(want.dtype)](at(want, piece), count, w.data());
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isfinite(g[i]) && std::isfinite(w[i]) && std::abs(g[i] - w[i]) == max_error) return piece + i;
  }
  return piece;
}

Metrics metrics_of(const Total& total, const View& got, const View& want) {
  const Sums& sums = total.sums;
  Metrics metrics;
  metrics.count = std::uint64_t{want.rows} * want.columns;
  metrics.compared = metrics.count - sums.left_out;
  metrics.error_squared = sums.error_squared;
  metrics.want_squared = sums.want_squared;
  metrics.got_squared = sums.got_squared;
  metrics.dot = sums.dot;
  metrics.sum_error = sums.sum_error;
  metrics.max_error = sums.max_error;
  metrics.max_want = sums.max_want;
  metrics.not_finite = sums.not_finite;
  if (sums.max_error > 0) metrics.max_error_at = locate(got, want, total.max_error_piece, sums.max_error);
  return metrics;
}

}  // namespace

Comparison compare_with(const Kernels& kernels, std::size_t threads, const View& got, const View& want) {
  if (got.rows != want.rows || got.columns != want.columns) {
    throw std::invalid_argument("compare: the tensors differ in shape");
  }
  const Blocks blocks(want.rows, want.columns);
  std::vector<Total> totals(blocks.count);
  Comparison result;
  result.row_error_squared.resize(want.rows);
  result.row_want_squared.resize(want.rows);

  for_each_block(blocks.count, threads, [&](std::size_t, std::size_t block) {
    if (blocks.per_row > 1) {
      const std::size_t row_begin = block / blocks.per_row * want.columns;
      const std::size_t begin = row_begin + block % blocks.per_row * block_elements;
      totals[block] =
          sum_stretch(kernels, got, want, begin, std::min(begin + block_elements, row_begin + want.columns));
      return;
    }
    const std::size_t first = block * blocks.rows_each;
    for (std::size_t row = first; row < std::min(first + blocks.rows_each, want.rows); ++row) {
      const Total total = sum_stretch(kernels, got, want, row * want.columns, (row + 1) * want.columns);
      result.row_error_squared[row] = total.sums.error_squared;
      result.row_want_squared[row] = total.sums.want_squared;
      totals[block].add(total);
    }
  });

  Total all;
  for (std::size_t block = 0; block < blocks.count; ++block) {
    all.add(totals[block]);
    if (blocks.per_row == 1) continue;
    result.row_error_squared[block / blocks.per_row] += totals[block].sums.error_squared;
    result.row_want_squared[block / blocks.per_row] += totals[block].sums.want_squared;
  }
  result.all = metrics_of(all, got, want);
  return result;
}

Comparison compare(const View& got, const View& want) {
  const std::size_t bytes = want.rows * want.columns * (size_of(got.dtype) + size_of(want.dtype));
  return compare_with(*available_kernels().back(), threads_for(bytes), got, want);
}

std::vector<double> values(const View& view) {
  std::vector<double> result(view.rows * view.columns);
  available_kernels().back()->widen[index_of(view.dtype)](view.data, result.size(), result.data());
  return result;
}

}  // namespace portwright::compare
