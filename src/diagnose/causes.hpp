// Why an array is wrong: which of the table's hypotheses predicts what the port computed (docs/causes.md).
#pragma once

#include <string_view>
#include <vector>

#include "diagnose/hypothesis.hpp"
#include "results/check_record.hpp"

namespace portwright::diagnose {

// Every cause that can be named, in the order they are tried.
[[nodiscard]] std::vector<std::string_view> cause_names();

// The causes that explain every scene (the same wrong point in several layers) on rows they were not formed on, in the
// order of the table, which has the more special ones first. Proved where exactly one does.
[[nodiscard]] std::vector<results::Cause> causes_of(const std::vector<Scene>& scenes);

// The function of a module that is wrong where this cause holds; empty where it is none.
[[nodiscard]] std::string_view function_of_cause(std::string_view name);

// Whether a cause of this name says what the array is like, and not what made it so.
[[nodiscard]] bool only_describes(std::string_view name);

// Whether attention was given the right array rotated otherwise: every head's vector is as long as it should be, and
// not the same.
[[nodiscard]] bool is_rotated(const Scene& scene);

}  // namespace portwright::diagnose
