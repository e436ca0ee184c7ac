#include "diagnose/nearby.hpp"

namespace portwright::diagnose {

std::vector<Nearby> nearby(const Scene& scene) {
  const auto layer = starred(scene.call().path).layer;
  std::vector<Nearby> found;
  for (const Call& call : scene.calls) {
    if (starred(call.path).layer != layer) continue;
    for (const char* side : {":in", ":out"}) {
      const Array& array = side[1] == 'i' ? call.in : call.out;
      if (array.shape.empty() || array.elements() != static_cast<std::int64_t>(scene.want.values.size())) continue;
      auto values = scene.reference(call.name() + side);
      if (!values || !same_size(*values, scene.want) || values->values == scene.want.values) continue;
      found.push_back({call.name() + side, std::move(*values)});
    }
  }
  return found;
}

std::string point_in_words(const std::string& point) {
  const std::size_t mark = point.rfind('#');
  const std::size_t side = point.rfind(':');
  return starred(point.substr(0, mark)).path + (point.substr(side) == ":in" ? "'s input" : "'s output");
}

}  // namespace portwright::diagnose
