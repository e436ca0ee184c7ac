#include "diagnose/operand.hpp"

#include <algorithm>
#include <ranges>

#include "diagnose/nearby.hpp"

namespace portwright::diagnose {
namespace {

constexpr double exact = 1e-9;  // the truth is float64

double apart(const Matrix& got, const Matrix& want, double factor) {
  const Matrix scaled = scaled_by(want, factor);
  return std::max(relative_l2(got, scaled, true), relative_l2(got, scaled, false));
}

// float32 angles of the reference are part of its float64 run: a rotation read off one head fits the others to that.
constexpr double exact_rotation = 1e-6;

bool is_operand(const Call& call) { return function_of(call.path).starts_with("attention") && !is_only_shown(call); }

// Of a projection that holds more than these heads. The first position, which nothing turns, tells where they lie.
std::optional<Making> making_of_fused(const Scene& scene, const Call& call, const Matrix& made, std::size_t positions) {
  const auto heads = by_heads(made, positions);
  if (!heads || positions == 0) return std::nullopt;
  const auto scale = call.scalars.find("scale");  // attention is shown its queries times it
  const Matrix unscaled_heads = scaled_by(made, scale == call.scalars.end() ? 1 : 1 / scale->second);
  const ByHeads plain{unscaled_heads, heads->rows};
  for (const Call& source : scene.calls) {
    if (source.parent != call.parent || !function_of(source.path).empty() || source.out.shape.empty()) continue;
    if (static_cast<std::size_t>(source.out.shape.back()) <= heads->rows.heads * made.columns) continue;
    const std::string point = source.name() + ":out";
    const auto fused = scene.reference(point);
    if (!fused || fused->rows != positions) continue;
    std::vector<Lie> places = places_in(fused->row(0), plain);
    if (places.empty()) continue;
    auto making = making_from(point, cut_at(places, *fused, plain), made, positions);
    if (!making) continue;
    making->places = std::move(places);
    return making;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Making> making_from(std::string source, const Matrix& from, const Matrix& made, std::size_t positions) {
  const double factor = row_scale(made.values, from.values);
  if (factor != 0 && apart(made, from, factor) < exact) return Making{std::move(source), from, {}, {}, factor};
  auto rotation = rotation_between(from, made, positions, exact_rotation);
  if (!rotation) return std::nullopt;
  return Making{std::move(source), from, {}, std::move(rotation), 1};
}

std::optional<Making> making_of(const Scene& scene, const Call& call, const Matrix& made) {
  const std::vector<Nearby> sources = arrays_like(scene, starred(call.path).layer, made.shape);
  const std::size_t positions = positions_of(scene.calls);
  for (const Nearby& source : std::views::reverse(sources)) {
    // An operand of a function, or what follows it, is no source of one.
    if (!function_of(path_of(source.point)).empty() || source.point == call.name() + ":in") continue;
    if (auto making = making_from(source.point, source.array, made, positions)) return making;
  }
  return is_operand(call) ? making_of_fused(scene, call, made, positions) : std::nullopt;
}

std::optional<Matrix> as_made_of(const Scene& scene, const Making& making, const Matrix& source) {
  const std::size_t positions = positions_of(scene.calls);
  if (making.places.empty()) {
    const auto from = arranged(source, making.from.shape, positions);
    return from ? as_made(making, *from) : std::nullopt;
  }
  const auto like = by_heads(making.from, positions);
  return like && source.rows == positions ? as_made(making, cut_at(making.places, source, *like)) : std::nullopt;
}

std::optional<Matrix> as_made(const Making& making, const Matrix& from) {
  if (making.rotation) return turned(from, *making.rotation, TurnedBy::position);
  return scaled_by(from, making.factor);
}

bool is_operand(const Scene& scene) { return !scene.event.is_end && is_operand(scene.call()); }

std::string operand_in_words(const Scene& scene) {
  const std::string function = function_of(scene.call().path);
  return function == "attention_key" ? "keys" : function == "attention_value" ? "values" : "queries";
}

}  // namespace portwright::diagnose
