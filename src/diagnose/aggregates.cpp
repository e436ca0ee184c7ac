#include "diagnose/aggregates.hpp"

#include <algorithm>
#include <cmath>

#include "diagnose/layout.hpp"
#include "diagnose/localise.hpp"
#include "diagnose/nearby.hpp"

namespace portwright::diagnose {
namespace {

double percentile_of(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

// Sums of squares of each index of an axis.
struct SumsAlong {
  std::string axis;
  std::vector<double> error;
  std::vector<double> want;

  SumsAlong(std::string name, std::size_t size) : axis(std::move(name)), error(size), want(size) {}
  void add(std::size_t index, double got, double right) {
    error[index] += (got - right) * (got - right);
    want[index] += right * right;
  }
};

Aggregate aggregate_of(const SumsAlong& sums, double floor) {
  Aggregate result{sums.axis, {}, 0, 0, {}};
  for (std::size_t i = 0; i < sums.error.size(); ++i) {
    result.errors.push_back(sums.want[i] == 0 ? std::sqrt(sums.error[i]) : std::sqrt(sums.error[i] / sums.want[i]));
    if (!(result.errors.back() <= wrong_over_floor * floor)) result.wrong.push_back(i);
  }
  result.median = median(result.errors);
  result.p99 = percentile_of(result.errors, 0.99);
  return result;
}

}  // namespace

std::vector<Aggregate> aggregates(const Scene& scene) {
  const auto heads = head_rows(scene.want.shape, positions_of(scene.calls));
  SumsAlong position("position", heads ? heads->positions : scene.want.rows);
  SumsAlong head("head", heads ? heads->heads : 1);
  SumsAlong channel("channel", scene.want.columns);
  for (std::size_t row = 0; row < scene.want.rows; ++row) {
    const bool first = heads && heads->heads_first;
    const std::size_t at_position = !heads ? row : first ? row % heads->positions : row / heads->heads;
    const std::size_t at_head = !heads ? 0 : first ? row / heads->positions : row % heads->heads;
    for (std::size_t i = 0; i < scene.want.columns; ++i) {
      const double got = scene.got.row(row)[i];
      const double right = scene.want.row(row)[i];
      position.add(at_position, got, right);
      head.add(at_head, got, right);
      channel.add(i, got, right);
    }
  }
  std::vector<Aggregate> result;
  for (const SumsAlong* sums : {&position, &head, &channel}) {
    if (sums->error.size() > 1) result.push_back(aggregate_of(*sums, scene.floor));
  }
  return result;
}

Json to_json(const std::vector<Aggregate>& aggregates) {
  constexpr std::size_t few = 16;
  Json json = Json::object();
  for (const Aggregate& one : aggregates) {
    Json& entry = json[one.axis] = {{"of", one.errors.size()},
                                    {"median", one.median},
                                    {"p99", one.p99},
                                    {"most", *std::max_element(one.errors.begin(), one.errors.end())},
                                    {"wrong", one.wrong.size()}};
    if (one.wrong.size() <= few && one.wrong.size() < one.errors.size()) entry["which"] = one.wrong;
  }
  return json;
}

}  // namespace portwright::diagnose
