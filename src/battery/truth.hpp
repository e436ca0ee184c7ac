// The reference's float64 forward: every captured tensor, mapped, with the calls it came from.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "battery/session.hpp"
#include "checkpoint/safetensors.hpp"
#include "compare/metrics.hpp"
#include "diagnose/calls.hpp"
#include "diagnose/matrix.hpp"

namespace portwright::battery {

// The calls of a `forward` answer, and which points are the very same array as an earlier one.
struct Trace {
  std::vector<diagnose::Call> calls;
  std::map<std::string, std::string> same_as;

  [[nodiscard]] std::string resolved(const std::string& point) const;  // the point the array was written under
};
[[nodiscard]] Trace trace_from(const Json& forward_answer);

struct TensorView {
  compare::View view;
  std::vector<std::uint64_t> shape;
};

class Truth {
 public:
  [[nodiscard]] static Result<Truth> open(Measured answer);

  [[nodiscard]] const Trace& trace() const { return trace_; }
  // The tensor of a point ("model.norm#0:out") or "logits".
  [[nodiscard]] std::optional<TensorView> find(const std::string& point) const;
  // The name it was written under, for forcing; empty where it was not captured.
  [[nodiscard]] std::string written_as(const std::string& point) const;
  [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return answer_.files; }

 private:
  Measured answer_;
  Trace trace_;
  std::vector<checkpoint::MappedTensors> mapped_;
  std::map<std::string, std::pair<std::size_t, const checkpoint::TensorInfo*>> where_;
};

// Rows and columns of a mapped tensor; nothing where its dtype is not floating.
[[nodiscard]] std::optional<TensorView> view_of(const checkpoint::MappedTensors& mapped,
                                                const checkpoint::TensorInfo& tensor);

[[nodiscard]] diagnose::Matrix matrix_of(const TensorView& tensor);

}  // namespace portwright::battery
