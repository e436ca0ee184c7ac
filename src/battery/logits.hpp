// The logits of one side for the run's prompt, mapped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "battery/check.hpp"
#include "checkpoint/safetensors.hpp"

namespace portwright::battery {

struct Logits {
  Measured answer;
  checkpoint::MappedTensors mapped;
  TensorView tensor;  // of all positions
  std::string dtype;  // as the side computed them
};

// One forward without captures.
[[nodiscard]] Asked<Logits> logits_of(Context& context, probe::Side side, Form form);

// The logits among a side's errors; null after telling why there are none.
[[nodiscard]] const PointError* logits_of(const PointErrors& errors, const char* side, results::CheckRecord& record);
// NaN, infinities and shapes are failures of their own; true where one was found and told.
[[nodiscard]] bool told_of_nonsense(const PointError& port, results::CheckRecord& record);

// 0 where there are none.
[[nodiscard]] double mean(const std::vector<double>& values);
[[nodiscard]] double percentile(std::vector<double> values, double share);
// Evenly, down to what a plot can show.
[[nodiscard]] Json thinned(const std::vector<double>& values);
// How often both have the same most likely token, of all positions; 1 where there are none.
[[nodiscard]] double top_1_agreement(const compare::LogitsComparison& rows);

}  // namespace portwright::battery
