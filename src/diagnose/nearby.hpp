// The reference's arrays around a wrong one: what a port may have taken in its place.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "diagnose/hypothesis.hpp"
#include "diagnose/layout.hpp"

namespace portwright::diagnose {

struct Nearby {
  std::string point;  // "model.layers.0.input_layernorm#0:in"
  Matrix array;       // in the layout of what it is compared with
};

// Tokens of the forward; 0 where no array tells.
[[nodiscard]] std::size_t positions_of(const std::vector<Call>& calls);

// The reference's arrays that can be brought into `shape`, in the order they were computed: of one layer, or outside
// every layer.
[[nodiscard]] std::vector<Nearby> arrays_like(const Scene& scene, std::optional<int> layer, const Shape& shape,
                                              Heads heads = Heads::outermost);

// Those around the scene's array that are not equal to it.
[[nodiscard]] std::vector<Nearby> nearby(const Scene& scene);

// The last module's call before the scene's, or below it, that handed out the right array; null where there is none.
[[nodiscard]] const Call* made_by(const Scene& scene);

// Into how many heads, two at least, the arrays of these functions are cut.
[[nodiscard]] std::set<std::size_t> head_counts(const Scene& scene, const std::function<bool(const Call&)>& of_these);

// A point without its call's number and with a star for the layer, as a sentence shows it.
[[nodiscard]] std::string point_in_words(const std::string& point);

}  // namespace portwright::diagnose
