// A run's checks by variant, and its failures by what is wrong.
#pragma once

#include <vector>

#include "results/run_record.hpp"

namespace portwright::report {

struct VariantChecks {
  results::VariantRecord variant;
  std::vector<const results::CheckRecord*> checks;  // of the run, in its order
};

// Every variant of the run in its order, then those that only checks name.
[[nodiscard]] std::vector<VariantChecks> by_variant(const results::RunRecord& run);

// Failures of one variant that name the same culprit: one thing that is wrong. Those that name nothing (no culprit, no
// cause) are one group, the last.
using Failure = std::vector<const results::CheckRecord*>;
[[nodiscard]] std::vector<Failure> failures_of(const VariantChecks& variant);

[[nodiscard]] bool names_something(const Failure& failure);

// The record of a failure that says most: one with a proved cause, else with any, else the first.
[[nodiscard]] const results::CheckRecord& lead_of(const Failure& failure);

}  // namespace portwright::report
