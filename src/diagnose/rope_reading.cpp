#include "diagnose/rope_reading.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace portwright::diagnose {
namespace {

// Basis vectors that do not meet leave exact zeros; this is far below float32's least angle at any position asked for.
constexpr float least_coupling = 1e-12F;

class Elements {
 public:
  explicit Elements(const RopeResponse& response) : response_(response) {}

  [[nodiscard]] float at(std::size_t place, int basis, int dimension) const {
    const auto width = static_cast<std::size_t>(response_.width);
    return response_
        .matrices[(place * width + static_cast<std::size_t>(basis)) * width + static_cast<std::size_t>(dimension)];
  }
  // Whether the basis vector ever reaches the dimension.
  [[nodiscard]] bool reaches(int basis, int dimension) const {
    for (std::size_t place = 0; place < response_.places.size(); ++place) {
      if (std::abs(at(place, basis, dimension)) > least_coupling) return true;
    }
    return false;
  }

 private:
  const RopeResponse& response_;
};

// The dimension in which each basis vector leaves when it is not turned.
std::vector<int> ways_out(const RopeResponse& response, const std::vector<std::vector<int>>& reached) {
  std::vector<int> out(reached.size());
  bool in_place = true;
  for (std::size_t basis = 0; basis < reached.size(); ++basis) {
    out[basis] = static_cast<int>(basis);
    in_place = in_place &&
               std::find(reached[basis].begin(), reached[basis].end(), static_cast<int>(basis)) != reached[basis].end();
  }
  if (in_place) return out;
  const auto zero = std::min_element(response.places.begin(), response.places.end(),
                                     [](const auto& a, const auto& b) { return a.position < b.position; });
  const auto place = static_cast<std::size_t>(zero - response.places.begin());
  const Elements elements(response);
  for (std::size_t basis = 0; basis < reached.size(); ++basis) {
    for (const int dimension : reached[basis]) {
      const auto size = [&](int at) { return std::abs(elements.at(place, static_cast<int>(basis), at)); };
      if (size(dimension) > size(out[basis])) out[basis] = dimension;
    }
  }
  return out;
}

std::vector<RopePair> pairs_of(const std::vector<std::vector<int>>& reached) {
  std::map<int, std::vector<int>> arriving;
  for (std::size_t basis = 0; basis < reached.size(); ++basis) {
    if (reached[basis].size() < 2) continue;
    for (const int dimension : reached[basis]) arriving[dimension].push_back(static_cast<int>(basis));
  }
  std::vector<RopePair> pairs;
  for (const auto& [dimension, bases] : arriving) {
    if (bases.size() < 2) continue;
    const RopePair pair{bases[0], bases[1]};
    if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end()) pairs.push_back(pair);
  }
  std::sort(pairs.begin(), pairs.end(), [](const RopePair& a, const RopePair& b) { return a.first < b.first; });
  return pairs;
}

}  // namespace

double wrapped(double angle) { return std::remainder(angle, 2 * std::numbers::pi); }

RopeReading read_rope(const RopeResponse& response) {
  RopeReading reading;
  reading.width = response.width;
  reading.places = response.places;
  const Elements elements(response);
  std::vector<std::vector<int>> reached(static_cast<std::size_t>(response.width));
  for (int basis = 0; basis < response.width; ++basis) {
    for (int dimension = 0; dimension < response.width; ++dimension) {
      if (elements.reaches(basis, dimension)) reached[static_cast<std::size_t>(basis)].push_back(dimension);
    }
  }
  reading.pairs = pairs_of(reached);
  const std::vector<int> out = ways_out(response, reached);
  const auto way = [&](int basis) { return out[static_cast<std::size_t>(basis)]; };

  std::vector<bool> turns(static_cast<std::size_t>(response.width));
  for (const RopePair& pair : reading.pairs) {
    turns[static_cast<std::size_t>(pair.first)] = turns[static_cast<std::size_t>(pair.second)] = true;
  }
  for (std::size_t place = 0; place < response.places.size(); ++place) {
    double inside = 0;  // sums of squares: what the pairs hold of all there is
    double all = 0;
    for (const RopePair& pair : reading.pairs) {
      const double cosine = (static_cast<double>(elements.at(place, pair.first, way(pair.first))) +
                             elements.at(place, pair.second, way(pair.second))) /
                            2;
      const double sine = (static_cast<double>(elements.at(place, pair.first, way(pair.second))) -
                           elements.at(place, pair.second, way(pair.first))) /
                          2;
      reading.angles.push_back(std::atan2(sine, cosine));
      reading.radii.push_back(std::hypot(sine, cosine));
      inside += 2 * (sine * sine + cosine * cosine);
    }
    for (int basis = 0; basis < response.width; ++basis) {
      if (!turns[static_cast<std::size_t>(basis)]) continue;
      for (const int dimension : reached[static_cast<std::size_t>(basis)]) {
        const double element = elements.at(place, basis, dimension);
        all += element * element;
      }
    }
    const double rest = std::isfinite(all) ? std::sqrt(std::max(0.0, all - inside)) : HUGE_VAL;
    reading.irregular = std::max(reading.irregular, rest);
  }
  return reading;
}

std::string layout_of(const std::vector<RopePair>& pairs) {
  if (pairs.empty()) return "none";
  bool halves = true;
  bool neighbours = true;
  for (const RopePair& pair : pairs) {
    halves = halves && pair.second - pair.first == pairs.front().second - pairs.front().first;
    neighbours = neighbours && pair.second == pair.first + 1 && pair.first % 2 == 0;
  }
  return neighbours ? "interleaved" : halves ? "half-split" : "other";
}

std::vector<double> frequencies_of(const RopeReading& reading, std::int64_t context) {
  std::map<std::int64_t, std::size_t> ladder;
  for (std::size_t place = 0; place < reading.places.size(); ++place) {
    const RopePlace& at = reading.places[place];
    if (at.row == 0 && at.context <= context) ladder.emplace(at.position, place);
  }
  std::vector<double> frequencies(reading.pairs.size());
  if (ladder.empty()) return frequencies;
  const auto [origin, start] = *ladder.begin();
  for (std::size_t pair = 0; pair < reading.pairs.size(); ++pair) {
    double frequency = 0;
    for (const auto& [position, place] : ladder) {
      if (position == origin) continue;
      const auto steps = static_cast<double>(position - origin);
      const double turned = reading.angles[reading.at(place, pair)] - reading.angles[reading.at(start, pair)];
      frequency += wrapped(turned - frequency * steps) / steps;
    }
    frequencies[pair] = frequency;
  }
  return frequencies;
}

}  // namespace portwright::diagnose
