// KL(want || got) = sum p (log p - log q), with log p = w - log sum exp w and likewise q. Maxima are taken off first,
// and what is left needs one pass: sum exp(w) (w - g) / sum exp(w) + log sum exp(g) - log sum exp(w).
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "compare/kernels.hpp"
#include "compare/parallel.hpp"

namespace portwright::compare {
namespace {

struct Row {
  std::vector<double> values;
  TopTwo top;
  std::uint32_t top_index = 0;

  // By pieces, so that each is widened, searched and, where it holds the best, searched again while it is in the cache.
  void read(const Kernels& kernels, const View& view, std::size_t row) {
    const char* from = static_cast<const char*>(view.data) + row * view.columns * size_of(view.dtype);
    top = {-std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), false};
    top_index = 0;
    for (std::size_t begin = 0; begin < view.columns; begin += piece_elements) {
      const std::size_t count = std::min(piece_elements, view.columns - begin);
      double* piece = values.data() + begin;
      kernels.widen[index_of(view.dtype)](from + begin * size_of(view.dtype), count, piece);
      const TopTwo found = kernels.top_two(piece, count);
      top.has_nan = top.has_nan || found.has_nan;
      if (found.best > top.best) {
        top.second = std::max(top.best, found.second);
        top.best = found.best;
        top_index = static_cast<std::uint32_t>(std::find(piece, piece + count, top.best) - values.data());
      } else {
        top.second = std::max(top.second, found.best);
      }
    }
  }
  [[nodiscard]] bool is_distribution() const { return !top.has_nan && std::isfinite(top.best); }
};

double divergence(const Kernels& kernels, const Row& got, const Row& want) {
  if (!got.is_distribution() || !want.is_distribution()) return std::numeric_limits<double>::quiet_NaN();
  const Partition sums =
      kernels.partition(got.values.data(), got.top.best, want.values.data(), want.top.best, want.values.size());
  // Rounding takes equal rows a little below zero, where no divergence is.
  return std::max(0.0, sums.weighted / sums.want + std::log(sums.got) - std::log(sums.want));
}

}  // namespace

LogitsComparison compare_logits_with(const Kernels& kernels, std::size_t threads, const View& got, const View& want) {
  if (got.rows != want.rows || got.columns != want.columns || want.columns == 0 ||
      want.columns > std::numeric_limits<std::uint32_t>::max()) {
    throw std::invalid_argument("compare_logits: the tensors differ in shape or have no columns");
  }
  struct Pair {
    Row got;
    Row want;
  };
  std::vector<Pair> workers(std::max<std::size_t>(threads, 1));
  for (Pair& worker : workers) {
    worker.got.values.resize(want.columns);
    worker.want.values.resize(want.columns);
  }
  LogitsComparison result;
  result.kl.resize(want.rows);
  result.got_top.resize(want.rows);
  result.want_top.resize(want.rows);
  result.want_margin.resize(want.rows);
  for_each_block(want.rows, threads, [&](std::size_t worker, std::size_t row) {
    Pair& pair = workers[worker];
    pair.got.read(kernels, got, row);
    pair.want.read(kernels, want, row);
    result.kl[row] = divergence(kernels, pair.got, pair.want);
    result.got_top[row] = pair.got.top_index;
    result.want_top[row] = pair.want.top_index;
    result.want_margin[row] = pair.want.top.best - pair.want.top.second;
  });
  return result;
}

LogitsComparison compare_logits(const View& got, const View& want) {
  const std::size_t bytes = want.rows * want.columns * (size_of(got.dtype) + size_of(want.dtype));
  return compare_logits_with(*available_kernels().back(), threads_for(bytes), got, want);
}

}  // namespace portwright::compare
