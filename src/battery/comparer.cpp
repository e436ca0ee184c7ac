#include "battery/comparer.hpp"

#include <cmath>
#include <limits>

namespace portwright::battery {
PointError compared(const TensorView& got, const TensorView& want) {
  PointError error;
  if (got.view.rows != want.view.rows || got.view.columns != want.view.columns) {
    error.same_shape = false;
    error.relative_l2 = std::numeric_limits<double>::infinity();
    return error;
  }
  const compare::Comparison result = compare::compare(got.view, want.view);
  error.relative_l2 = result.all.not_finite > 0 ? std::numeric_limits<double>::infinity() : result.all.relative_l2();
  error.max_ratio = result.all.max_ratio();
  error.scale = result.all.scale();
  error.worst_row_rms = compare::worst_row_rms(result, got.view.columns);
  error.not_finite = result.all.not_finite;
  error.by_row.reserve(result.row_error_squared.size());
  for (std::size_t row = 0; row < result.row_error_squared.size(); ++row) {
    const double want_squared = result.row_want_squared[row];
    error.by_row.push_back(want_squared > 0 ? std::sqrt(result.row_error_squared[row] / want_squared) : 0);
  }
  return error;
}

Json to_json(const PointError& error) {
  return Json{{"relative_l2", std::isfinite(error.relative_l2) ? Json(error.relative_l2) : Json()},
              {"max_ratio", error.max_ratio},
              {"scale", error.scale},
              {"worst_row_rms", error.worst_row_rms},
              {"not_finite", error.not_finite},
              {"same_shape", error.same_shape},
              {"by_row", error.by_row}};
}

PointError point_error_from(const Json& json) {
  PointError error;
  error.relative_l2 =
      json.at("relative_l2").is_null() ? std::numeric_limits<double>::infinity() : json.at("relative_l2").get<double>();
  error.max_ratio = json.at("max_ratio");
  error.scale = json.at("scale");
  error.worst_row_rms = json.at("worst_row_rms");
  error.not_finite = json.at("not_finite");
  error.same_shape = json.at("same_shape");
  error.by_row = json.at("by_row").get<std::vector<double>>();
  return error;
}

Status Comparer::take(const std::filesystem::path& file) {
  auto mapped = checkpoint::MappedTensors::open(file);
  if (!mapped) return tl::unexpected<Error>(mapped.error());
  for (const checkpoint::TensorInfo& tensor : mapped->tensors()) {
    const std::string point = naming_(tensor.name);
    if (point.empty()) {
      unnamed_.insert_or_assign(tensor.name, *mapped);
      continue;
    }
    const auto want = truth_.find(point);
    const auto got = view_of(*mapped, tensor);
    if (want && got) errors_[point] = compared(*got, *want);
  }
  return {};
}

void Comparer::judge_passed_on(const Trace& trace) {
  for (const auto& [passed_on, as] : trace.same_as) {
    const std::string point = naming_(passed_on);
    const auto made = unnamed_.find(trace.resolved(passed_on));
    if (point.empty() || made == unnamed_.end() || errors_.contains(point)) continue;
    const auto want = truth_.find(point);
    const auto got = view_of(made->second, *made->second.find(made->first));
    if (want && got) errors_[point] = compared(*got, *want);
  }
}

probe::TensorSink Comparer::sink() {
  return [this](const std::shared_ptr<probe::TensorFile>& file) { return take(file->path()); };
}

}  // namespace portwright::battery
