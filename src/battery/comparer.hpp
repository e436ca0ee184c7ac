// Compares captured tensors with the truth as they arrive, and keeps the numbers only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "battery/truth.hpp"
#include "probe/workers.hpp"

namespace portwright::battery {

// How far one captured tensor is from the truth.
struct PointError {
  double relative_l2 = 0;
  double max_ratio = 0;      // shown, never judged by
  double scale = 1;          // a in port = a * truth
  double worst_row_rms = 0;  // of port - truth, in the tensor's own unit
  std::uint64_t not_finite = 0;
  bool same_shape = true;
  std::vector<double> by_row;  // relative L2 of each position
};
[[nodiscard]] Json to_json(const PointError& error);
[[nodiscard]] PointError point_error_from(const Json& json);

// The views of one tensor each; different shapes are an infinite error.
[[nodiscard]] PointError compared(const TensorView& got, const TensorView& want);

// By point of the reference; "logits" too.
using PointErrors = std::map<std::string, PointError>;

// Names a captured tensor by its point in the reference; empty where it has none and is only acknowledged.
using Naming = std::function<std::string(const std::string&)>;

class Comparer {
 public:
  // Without a naming the points are the reference's own.
  explicit Comparer(const Truth& truth, Naming naming = std::identity{}) : truth_(truth), naming_(std::move(naming)) {}

  [[nodiscard]] Status take(const std::filesystem::path& file);
  [[nodiscard]] probe::TensorSink sink();
  // After the answer: points that passed on an array which has no point of the reference by itself (what a module
  // handed out in a call that the reference does not make).
  void judge_passed_on(const Trace& trace);
  [[nodiscard]] const PointErrors& errors() const { return errors_; }

 private:
  const Truth& truth_;
  Naming naming_;
  PointErrors errors_;
  std::map<std::string, checkpoint::MappedTensors> unnamed_;  // by the name of the tensor
};

}  // namespace portwright::battery
