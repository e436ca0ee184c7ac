// For tests: what an embedding with given settings does to basis vectors, in float32.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "diagnose/rope_reading.hpp"
#include "diagnose/rope_settings.hpp"

namespace portwright::diagnose {

struct Turning {
  RopeSettings settings;
  bool interleaved = false;
  bool halves_of_head = false;  // pairs are of the two halves of the head, not of what turns
  bool moves_out =
      false;  // interleaved in, half-split out: both queries and keys, so that attention sees no difference
};

[[nodiscard]] inline std::vector<RopePlace> usual_places(double context = 0) {
  std::vector<RopePlace> places{{0, 1, 0}};
  for (std::int64_t position = 1; position <= (std::int64_t{1} << 17); position *= 2) {
    places.push_back({position, position + 1, 0});
  }
  for (const int step : {-1, 0, 1}) {
    const std::int64_t position = static_cast<std::int64_t>(context) + step;
    if (position > 0) places.push_back({position, position + 1, 0});
  }
  for (int row = 0; row < 2; ++row) {
    for (std::int64_t step = 0; step < 3; ++step) places.push_back({5 + step, 8, row});
  }
  return places;
}

[[nodiscard]] inline RopeResponse turned(const Turning& turning, const std::vector<RopePlace>& places) {
  const auto width = static_cast<std::size_t>(turning.settings.width);
  RopeResponse response{turning.settings.width, places, std::vector<float>(places.size() * width * width)};
  for (std::size_t place = 0; place < places.size(); ++place) {
    float* matrix = response.matrices.data() + place * width * width;
    const RopeExpected expected = expected_rope(turning.settings, places[place].context);
    const std::size_t pairs = expected.frequencies.size();
    for (std::size_t i = 0; i < width; ++i) matrix[i * width + i] = 1;
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      const auto position = static_cast<float>(static_cast<double>(places[place].position) + turning.settings.offset);
      const float angle =
          static_cast<float>(turning.settings.direction) * position * static_cast<float>(expected.frequencies[pair]);
      const auto factor = static_cast<float>(expected.attention_factor);
      const std::size_t a = turning.interleaved ? 2 * pair : pair;
      const std::size_t apart = turning.halves_of_head ? width / 2 : pairs;
      const std::size_t b = turning.interleaved ? 2 * pair + 1 : pair + apart;
      const std::size_t out_a = turning.moves_out ? pair : a;
      const std::size_t out_b = turning.moves_out ? pair + pairs : b;
      matrix[a * width + a] = matrix[b * width + b] = 0;
      matrix[a * width + out_a] = factor * std::cos(angle);
      matrix[a * width + out_b] = factor * std::sin(angle);
      matrix[b * width + out_a] = -factor * std::sin(angle);
      matrix[b * width + out_b] = factor * std::cos(angle);
    }
  }
  return response;
}

}  // namespace portwright::diagnose
