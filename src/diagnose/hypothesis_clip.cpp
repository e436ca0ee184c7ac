// Queries, keys or values that are not clipped to the bound that the config names.
#include <algorithm>

#include "diagnose/config_values.hpp"
#include "diagnose/nearby.hpp"
#include "diagnose/nearest.hpp"
#include "diagnose/operand.hpp"
#include "diagnose/recurrence.hpp"

namespace portwright::diagnose {
namespace {

// "clip_qkv" and its like, also in a block of the config.
std::optional<ConfigValue> clipping_bound(const Json& config, const std::string& above = "") {
  for (const auto& [key, value] : config.items()) {
    if (value.is_object()) {
      if (auto found = clipping_bound(value, above + key + ".")) return found;
    }
    if (key.find("clip") == std::string::npos || !value.is_number() || value.get<double>() <= 0) continue;
    return ConfigValue{above + key, value.get<double>(), above + key};
  }
  return std::nullopt;
}

Matrix clipped(Matrix array, double least, double most) {
  for (double& value : array.values) value = std::clamp(value, least, most);
  return array;
}

// Neighbouring features of every position, in the layout of `like`.
std::optional<Matrix> slice(const Matrix& fused, std::size_t first, std::size_t width, const Matrix& like) {
  Matrix part{{1, static_cast<std::int64_t>(fused.rows), static_cast<std::int64_t>(width)}, fused.rows, width, {}};
  for (std::size_t row = 0; row < fused.rows; ++row) {
    const auto features = fused.row(row).subspan(first, width);
    part.values.insert(part.values.end(), features.begin(), features.end());
  }
  return arranged(part, like.shape, fused.rows);
}

// What the reference clips, and what it makes of that.
struct Clipped {
  Matrix before;
  Making making;
};
std::optional<Clipped> clipping_of(const Scene& scene, double bound) {
  for (const Projected& from : projected_before(scene)) {
    const std::size_t width = scene.want.values.size() / from.array.rows;
    for (std::size_t first = 0; first + width <= from.array.columns; first += scene.want.columns) {
      auto before = slice(from.array, first, width, scene.want);
      if (!before) break;
      const Matrix after = clipped(*before, -bound, bound);
      auto making = making_from("", after, scene.want, from.array.rows);
      if (making) return Clipped{std::move(*before), std::move(*making)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Prediction> predict_not_clipped(const Scene& scene) {
  const auto bound = is_operand(scene) ? clipping_bound(scene.config) : std::nullopt;
  const auto made = bound ? clipping_of(scene, bound->value) : std::nullopt;
  if (!made) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(made->before.values);
  struct Way {
    double least;
    double most;
    const char* words;
  };
  Nearest nearest(scene.got);
  for (const Way& way : {Way{least, most, "are not clipped"}, Way{least, bound->value, "are clipped from above alone"},
                         Way{-bound->value, most, "are clipped from below alone"}}) {
    auto predicted = as_made(made->making, clipped(made->before, way.least, way.most));
    if (!predicted) continue;
    nearest.consider({std::move(*predicted),
                      "the " + operand_in_words(scene) + " " + way.words + " where config " + bound->key + " says " +
                          digits(bound->value),
                      bound->key, "only where a number is beyond " + digits(bound->value)});
  }
  return std::move(nearest).best();
}

}  // namespace portwright::diagnose
