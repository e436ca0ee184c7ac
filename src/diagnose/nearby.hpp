// The reference's arrays around a wrong one: what a port may have taken in its place.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {

struct Nearby {
  std::string point;  // "model.layers.0.input_layernorm#0:in"
  Matrix array;
};

// The arrays of the same size, in the order they were computed: of the same layer, or outside every layer. Not `want`.
[[nodiscard]] std::vector<Nearby> nearby(const Scene& scene);

// A point without its call's number and with a star for the layer, as a sentence shows it.
[[nodiscard]] std::string point_in_words(const std::string& point);

}  // namespace portwright::diagnose
