#include "diagnose/rope_reading.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "diagnose/rope_turning.hpp"

namespace portwright::diagnose {
namespace {

constexpr std::int64_t any_context = std::numeric_limits<std::int64_t>::max();

RopeSettings plain(int width, int rotated, double theta = 10000) {
  RopeSettings settings;
  settings.theta = theta;
  settings.width = width;
  settings.rotated = settings.exponent = rotated;
  return settings;
}

RopeReading read(const Turning& turning) { return read_rope(turned(turning, usual_places())); }

}  // namespace

TEST_CASE("half-split and interleaved pairs are told apart") {
  const RopeReading half = read({plain(16, 16)});
  CHECK(layout_of(half.pairs) == "half-split");
  CHECK(half.pairs.front() == RopePair{0, 8});
  const RopeReading neighbours = read({plain(16, 16), true});
  CHECK(layout_of(neighbours.pairs) == "interleaved");
  CHECK(neighbours.pairs.back() == RopePair{14, 15});
}

TEST_CASE("dimensions that pass are in no pair") {
  const RopeReading reading = read({plain(16, 12)});
  CHECK(reading.rotated() == 12);
  CHECK(layout_of(reading.pairs) == "half-split");
  CHECK(layout_of(read({plain(16, 0)}).pairs) == "none");
}

TEST_CASE("an order of the output that queries and keys share is no other layout") {
  const RopeReading moved = read({plain(16, 16), true, true});
  CHECK(layout_of(moved.pairs) == "interleaved");
  CHECK(moved.irregular < 1e-5);
  CHECK(frequencies_of(moved, any_context)[1] == doctest::Approx(std::pow(10000.0, -2.0 / 16)).epsilon(1e-6));
}

TEST_CASE("frequencies come from the slope over all positions, far below one angle's error") {
  for (const double theta : {300.0, 1e6}) {
    const auto frequencies = frequencies_of(read({plain(64, 64, theta)}), any_context);
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      CHECK(frequencies[i] == doctest::Approx(std::pow(theta, -2.0 * static_cast<double>(i) / 64)).epsilon(3e-7));
    }
  }
}

TEST_CASE("backwards and scaled vectors are read as they are") {
  RopeSettings settings = plain(16, 16);
  settings.direction = -1;
  settings.attention_factor = 1.25;
  const RopeReading reading = read({settings});
  CHECK(frequencies_of(reading, any_context).front() == doctest::Approx(-1));
  CHECK(reading.radii.back() == doctest::Approx(1.25));
}

TEST_CASE("what is no rotation is told, and so is a NaN") {
  RopeResponse response = turned({plain(16, 16)}, usual_places());
  CHECK(read_rope(response).irregular < 1e-5);
  response.matrices[5 * 256 + 8] += 0.25F;
  CHECK(read_rope(response).irregular > 0.05);
  response.matrices[7 * 256] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isinf(read_rope(response).irregular));
}

}  // namespace portwright::diagnose
