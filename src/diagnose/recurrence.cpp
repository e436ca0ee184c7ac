#include "diagnose/recurrence.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "diagnose/localise.hpp"
#include "diagnose/nearby.hpp"

namespace portwright::diagnose {
namespace {

// Of the rule's own norm, a constant of its code (transformers, l2norm in modeling_qwen3_next.py).
constexpr double usual_eps = 1e-6;

std::vector<double> one_head(const HeadsMaking& making, std::size_t position, std::size_t head, std::size_t width) {
  const auto features = making.from->array.row(position).subspan(making.first + head * width, width);
  std::vector<double> made(features.begin(), features.end());
  for (double& value : made) value = making.activation->of(value);
  const double length = making.eps ? std::sqrt(dot(made, made) + *making.eps) : 1;
  for (double& value : made) value *= making.factor / length;
  return made;
}

// How many heads of a position differ, where each serves as many neighbours.
std::size_t own_heads(const Matrix& array, std::size_t heads) {
  const auto serves = [&](std::size_t group) {
    for (std::size_t head = 0; head < heads; ++head) {
      if (!std::ranges::equal(array.row(head), array.row(head / group * group))) return false;
    }
    return true;
  };
  std::size_t group = heads;
  while (heads % group != 0 || !serves(group)) --group;
  return heads / group;
}

bool is_near(std::span<const double> got, std::span<const double> want) {
  constexpr double near = 1e-4;
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) error += (got[i] - want[i]) * (got[i] - want[i]);
  return error <= near * near * dot(want, want);
}

}  // namespace

std::vector<Projected> projected_before(const Scene& scene) {
  const std::size_t positions = positions_of(scene.calls);
  std::vector<Projected> found;
  for (std::size_t i = 0; i < scene.event.call; ++i) {
    const Call& call = scene.calls[i];
    if (call.parent != scene.call().parent || !function_of(call.path).empty() || call.out.shape.empty()) continue;
    auto made = scene.reference(call.name() + ":out");
    if (made && made->rows == positions) found.push_back({i, std::move(*made)});
  }
  return found;
}

Matrix heads_made(const HeadsMaking& making, const Matrix& like) {
  Matrix result = like;
  const auto heads = static_cast<std::size_t>(like.shape[2]);
  for (std::size_t position = 0; position < making.from->array.rows; ++position) {
    for (std::size_t head = 0; head < heads; ++head) {
      const std::size_t own = making.tiled ? head % making.own : head / (heads / making.own);
      std::ranges::copy(one_head(making, position, own, like.columns), result.row(position * heads + head).begin());
    }
  }
  return result;
}

std::optional<HeadsMaking> making_of_heads(const Scene& scene, const std::vector<Projected>& sources) {
  const Matrix& want = scene.want;
  const std::size_t own = own_heads(want, static_cast<std::size_t>(want.shape[2]));
  // By default a query is divided by the root of its width.
  const std::array factors{1.0, 1 / std::sqrt(static_cast<double>(want.columns))};
  for (const Projected& from : sources) {
    for (std::size_t first = 0; first + own * want.columns <= from.array.columns; first += want.columns) {
      for (const Activation& activation : activations) {
        for (const auto eps : {std::optional<double>(), std::optional(usual_eps)}) {
          for (const double factor : factors) {
            const HeadsMaking making{&from, first, own, &activation, eps, factor};
            if (!is_near(one_head(making, 0, 0, want.columns), want.row(0))) continue;
            if (relative_l2(heads_made(making, want), want, true) <= suspect_over_floor * scene.floor) return making;
          }
        }
      }
    }
  }
  return std::nullopt;
}

std::string recurrent_operand(const Scene& scene) {
  const std::string function = function_of(scene.call().path);
  if (scene.event.is_end || scene.want.shape.size() != 4 || scene.want.shape[0] != 1) return "";
  return function == "recurrence_key"     ? "keys"
         : function == "recurrence_value" ? "values"
         : function == "recurrence"       ? "queries"
                                          : "";
}

}  // namespace portwright::diagnose
