#include "battery/truth.hpp"

#include <functional>
#include <numeric>

namespace portwright::battery {
namespace {

diagnose::Array array_from(const Json& json) {
  diagnose::Array array;
  if (!json.is_object()) return array;
  array.dtype = json.value("dtype", "");
  array.shape = json.value("shape", std::vector<std::int64_t>{});
  if (const Json forced = json.value("forced", Json()); forced.is_string()) array.forced = forced;
  return array;
}

std::optional<compare::Dtype> dtype_named(const std::string& name) {
  if (name == "F64") return compare::Dtype::f64;
  if (name == "F32") return compare::Dtype::f32;
  if (name == "BF16") return compare::Dtype::bf16;
  if (name == "F16") return compare::Dtype::f16;
  return std::nullopt;
}

}  // namespace

std::string Trace::resolved(const std::string& point) const {
  const auto found = same_as.find(point);
  return found == same_as.end() ? point : resolved(found->second);
}

Trace trace_from(const Json& forward_answer) {
  Trace trace;
  for (const Json& entry : forward_answer.value("calls", Json::array())) {
    diagnose::Call call;
    const std::string name = entry.value("call", "");
    const std::size_t mark = name.rfind('#');
    call.path = name.substr(0, mark);
    call.index = mark == std::string::npos ? 0 : std::stoi(name.substr(mark + 1));
    call.type = entry.value("class", "");
    if (entry.contains("parent") && entry["parent"].is_string()) call.parent = entry["parent"];
    if (const Json maker = entry.value("chosen_by", Json()); maker.is_string()) call.chosen_by = maker;
    call.scalars = entry.value("scalars", std::map<std::string, double>{});
    for (const char* side : {"in", "out"}) {
      const Json array = entry.value(side, Json());
      (side[0] == 'i' ? call.in : call.out) = array_from(array);
      if (array.is_object() && array.value("same_as", Json()).is_string()) {
        trace.same_as[name + ":" + side] = array["same_as"];
      }
    }
    trace.calls.push_back(std::move(call));
  }
  return trace;
}

std::optional<TensorView> view_of(const checkpoint::MappedTensors& mapped, const checkpoint::TensorInfo& tensor) {
  const auto dtype = dtype_named(tensor.dtype);
  if (!dtype) return std::nullopt;
  const auto elements =
      std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::uint64_t{1}, std::multiplies<>());
  const std::uint64_t columns = tensor.shape.empty() || elements == 0 ? 1 : tensor.shape.back();
  return TensorView{{*dtype, mapped.data(tensor), elements / columns, columns}, tensor.shape};
}

diagnose::Matrix matrix_of(const TensorView& tensor) {
  diagnose::Matrix result;
  result.shape.assign(tensor.shape.begin(), tensor.shape.end());
  result.rows = tensor.view.rows;
  result.columns = tensor.view.columns;
  result.values = compare::values(tensor.view);
  return result;
}

Result<Truth> Truth::open(Measured answer) {
  Truth truth;
  truth.answer_ = std::move(answer);
  truth.trace_ = trace_from(truth.answer_.ok);
  for (const std::filesystem::path& file : truth.answer_.files) {
    auto mapped = checkpoint::MappedTensors::open(file);
    if (!mapped) return tl::unexpected<Error>(mapped.error());
    truth.mapped_.push_back(std::move(*mapped));
    for (const checkpoint::TensorInfo& tensor : truth.mapped_.back().tensors()) {
      truth.where_[tensor.name] = {truth.mapped_.size() - 1, &tensor};
    }
  }
  return truth;
}

std::string Truth::written_as(const std::string& point) const {
  const std::string name = trace_.resolved(point);
  return where_.contains(name) ? name : std::string();
}

std::optional<TensorView> Truth::find(const std::string& point) const {
  const auto found = where_.find(trace_.resolved(point));
  if (found == where_.end()) return std::nullopt;
  return view_of(mapped_[found->second.first], *found->second.second);
}

}  // namespace portwright::battery
