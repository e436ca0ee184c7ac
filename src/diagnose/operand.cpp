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

}  // namespace

std::optional<Making> making_from(std::string source, const Matrix& from, const Matrix& made, std::size_t positions) {
  const double factor = row_scale(made.values, from.values);
  if (factor != 0 && apart(made, from, factor) < exact) return Making{std::move(source), from, {}, factor};
  auto rotation = rotation_between(from, made, positions, exact_rotation);
  if (!rotation) return std::nullopt;
  return Making{std::move(source), from, std::move(rotation), 1};
}

std::optional<Making> making_of(const Scene& scene, const Call& call, const Matrix& made) {
  const std::vector<Nearby> sources = arrays_like(scene, starred(call.path).layer, made.shape);
  const std::size_t positions = positions_of(scene.calls);
  for (const Nearby& source : std::views::reverse(sources)) {
    // An operand of a function, or what follows it, is no source of one.
    if (!function_of(path_of(source.point)).empty() || source.point == call.name() + ":in") continue;
    if (auto making = making_from(source.point, source.array, made, positions)) return making;
  }
  return std::nullopt;
}

std::optional<Matrix> as_made(const Making& making, const Matrix& from) {
  if (making.rotation) return turned(from, *making.rotation, TurnedBy::position);
  return scaled_by(from, making.factor);
}

bool is_operand(const Scene& scene) {
  const std::string function = function_of(scene.call().path);
  return !scene.event.is_end && function.starts_with("attention") && !is_mask(scene.call());
}

std::string operand_in_words(const Scene& scene) {
  const std::string function = function_of(scene.call().path);
  return function == "attention_key" ? "keys" : function == "attention_value" ? "values" : "queries";
}

}  // namespace portwright::diagnose
