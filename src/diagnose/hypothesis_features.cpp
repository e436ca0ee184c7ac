// Single features of an array taken from other places of one projection than in the reference: the order of a fused
// projection's parts, or of its heads, read otherwise.
#include <algorithm>
#include <cmath>
#include <string>

#include "diagnose/layout.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

// An array as rows of positions, whatever its heads and the zeros a convolution is handed before the first position.
class ByPosition {
 public:
  static std::optional<ByPosition> of(const Matrix& array, std::size_t positions) {
    if (const auto rows = head_rows(array.shape, positions)) return ByPosition(*rows, 0, array.columns);
    if (array.rows < positions || positions == 0) return std::nullopt;
    return ByPosition({1, positions, true}, array.rows - positions, array.columns);
  }

  [[nodiscard]] std::size_t features() const { return rows_.heads * width_; }
  [[nodiscard]] std::size_t place(std::size_t position, std::size_t feature) const {
    return (before_ + rows_.row(feature / width_, position)) * width_ + feature % width_;
  }

 private:
  ByPosition(HeadRows rows, std::size_t before, std::size_t width) : rows_(rows), before_(before), width_(width) {}
  HeadRows rows_;
  std::size_t before_;
  std::size_t width_;
};

// A feature's numbers at the positions that form.
std::vector<double> numbers(const Matrix& array, const ByPosition& view, std::size_t feature, std::size_t positions) {
  std::vector<double> found;
  for (std::size_t position = 0; position < positions; position += 2) {
    found.push_back(array.values[view.place(position, feature)]);
  }
  return found;
}

bool are_same(const std::vector<double>& one, const std::vector<double>& other) {
  constexpr double near = 1e-4;  // float32 of what is compared in float64
  double error = 0;
  double square = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    error += (one[i] - other[i]) * (one[i] - other[i]);
    square += other[i] * other[i];
    if (i == 0 && error > square) return false;
  }
  return error <= near * near * square;
}

std::optional<std::size_t> feature_with(const std::vector<double>& wanted,
                                        const std::vector<std::vector<double>>& features) {
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (are_same(features[i], wanted)) return i;
  }
  return std::nullopt;
}

// A feature that is wrong, and where each side takes it from.
struct Exchange {
  std::size_t feature = 0;
  std::size_t port = 0;
  std::size_t reference = 0;
};

// As many as go on side by side.
std::size_t run_of(const std::vector<Exchange>& exchanges) {
  std::size_t run = 1;
  while (run < exchanges.size() && exchanges[run].feature == exchanges[0].feature + run &&
         exchanges[run].port == exchanges[0].port + run && exchanges[run].reference == exchanges[0].reference + run) {
    ++run;
  }
  return run;
}

std::string range(std::size_t first, std::size_t run) {
  const std::string begin = std::to_string(first);
  return run == 1 ? "feature " + begin : "features " + begin + " to " + std::to_string(first + run - 1);
}

// Of every feature that is wrong; empty where one of them comes from elsewhere.
std::vector<Exchange> exchanges_of(const Scene& scene, const ByPosition& view, const Matrix& from,
                                   std::size_t positions) {
  const ByPosition source = *ByPosition::of(from, positions);
  std::vector<std::vector<double>> features;
  for (std::size_t i = 0; i < source.features(); ++i) features.push_back(numbers(from, source, i, positions));
  std::vector<Exchange> exchanges;
  for (std::size_t i = 0; i < view.features(); ++i) {
    const std::vector<double> got = numbers(scene.got, view, i, positions);
    const std::vector<double> want = numbers(scene.want, view, i, positions);
    if (are_same(got, want)) continue;
    const auto port = feature_with(got, features);
    const auto reference = port ? feature_with(want, features) : std::nullopt;
    if (!reference) return {};
    exchanges.push_back({i, *port, *reference});
  }
  return exchanges;
}

}  // namespace

std::optional<Prediction> predict_features(const Scene& scene) {
  const std::size_t positions = positions_of(scene.calls);
  const auto view = ByPosition::of(scene.want, positions);
  if (!view || !same_size(scene.got, scene.want)) return std::nullopt;
  for (const Projected& from : projected_before(scene)) {
    const std::vector<Exchange> exchanges = exchanges_of(scene, *view, from.array, positions);
    if (exchanges.empty()) continue;
    Matrix predicted = scene.want;
    for (const Exchange& one : exchanges) {
      for (std::size_t position = 0; position < positions; ++position) {
        predicted.values[view->place(position, one.feature)] = from.array.row(position)[one.port];
      }
    }
    const std::size_t run = run_of(exchanges);
    return Prediction{std::move(predicted),
                      "the port takes " + range(exchanges[0].port, run) + " of " +
                          starred(scene.calls[from.maker].path).path + "'s output as " +
                          range(exchanges[0].feature, run) + " here where the reference takes " +
                          range(exchanges[0].reference, run) + (run < exchanges.size() ? ", and so on" : ""),
                      {},
                      "always"};
  }
  return std::nullopt;
}

}  // namespace portwright::diagnose
