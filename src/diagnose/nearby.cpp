#include "diagnose/nearby.hpp"

namespace portwright::diagnose {
namespace {

std::optional<Matrix> brought_into(Matrix array, const Shape& shape, std::size_t positions, Heads heads) {
  if (auto moved = arranged(array, shape, positions, heads)) return moved;
  const Matrix like = matrix(shape, array.values);
  if (heads == Heads::innermost || !same_size(array, like)) return std::nullopt;
  array.shape = shape;
  return array;
}

// What whole layers take and hand on belongs to what is outside of them, too.
bool is_around(const Call& call, std::optional<int> layer) {
  const Starred star = starred(call.path);
  return star.layer == layer || (!layer && star.path.ends_with(".*"));
}

std::int64_t elements_of(const Shape& shape) { return Array{{}, shape, {}}.elements(); }

}  // namespace

std::size_t positions_of(const std::vector<Call>& calls) {
  for (const Call& call : calls) {
    if (call.out.shape.size() == 3 && call.out.shape[0] == 1) return static_cast<std::size_t>(call.out.shape[1]);
  }
  return 0;
}

std::vector<Nearby> arrays_like(const Scene& scene, std::optional<int> layer, const Shape& shape, Heads heads) {
  const std::size_t positions = positions_of(scene.calls);
  std::vector<Nearby> found;
  for (const Call& call : scene.calls) {
    if (!is_around(call, layer)) continue;
    for (const char* side : {":in", ":out"}) {
      const Array& array = side[1] == 'i' ? call.in : call.out;
      if (array.shape.empty() || array.elements() != elements_of(shape)) continue;
      auto values = scene.reference(call.name() + side);
      auto fitting = values ? brought_into(std::move(*values), shape, positions, heads) : std::nullopt;
      if (fitting) found.push_back({call.name() + side, std::move(*fitting)});
    }
  }
  return found;
}

std::vector<Nearby> nearby(const Scene& scene) {
  const Starred at = starred(scene.call().path);
  std::vector<Nearby> found = arrays_like(scene, at.layer, scene.want.shape);
  // What a whole layer is given, the model makes.
  if (!scene.event.is_end && at.path.ends_with(".*")) {
    std::vector<Nearby> outside = arrays_like(scene, std::nullopt, scene.want.shape);
    found.insert(found.begin(), std::make_move_iterator(outside.begin()), std::make_move_iterator(outside.end()));
  }
  std::erase_if(found, [&](const Nearby& one) { return one.array.values == scene.want.values; });
  return found;
}

const Call* made_by(const Scene& scene) {
  const Call* maker = nullptr;
  for (std::size_t i = 0; i < scene.calls.size(); ++i) {
    const Call& call = scene.calls[i];
    const bool below = scene.event.is_end && call.path.starts_with(scene.call().path + ".");
    const bool root = scene.event.is_end && scene.call().path == root_path && i != scene.event.call;
    const bool may_make = i < scene.event.call || below || root;
    if (!may_make || starred(call.path).layer != starred(scene.call().path).layer) continue;
    if (!function_of(call.path).empty() || call.out.elements() != static_cast<std::int64_t>(scene.want.values.size()))
      continue;
    const auto output = scene.reference(call.name() + ":out");
    if (output && output->values == scene.want.values) maker = &call;
  }
  return maker;
}

std::set<std::size_t> head_counts(const Scene& scene, const std::function<bool(const Call&)>& of_these) {
  const std::size_t positions = positions_of(scene.calls);
  std::set<std::size_t> counts;
  for (const Call& call : scene.calls) {
    if (function_of(call.path).empty() || !of_these(call)) continue;
    for (const Array* array : {&call.in, &call.out}) {
      if (const auto rows = head_rows(array->shape, positions); rows && rows->heads > 1) counts.insert(rows->heads);
    }
  }
  return counts;
}

std::string point_in_words(const std::string& point) {
  const std::size_t mark = point.rfind('#');
  const std::size_t side = point.rfind(':');
  return starred(point.substr(0, mark)).path + (point.substr(side) == ":in" ? "'s input" : "'s output");
}

}  // namespace portwright::diagnose
