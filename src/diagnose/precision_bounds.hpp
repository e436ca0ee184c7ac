// What correct ports show of rho in a 16-bit dtype, every module on the reference's input: measured, not chosen.
#pragma once

#include <string>

#include "diagnose/calls.hpp"
#include "diagnose/precision.hpp"

namespace portwright::diagnose {

// What a point's bounds depend on: "norm", "linear", "function" and "module" for what a call made, "arriving" for what
// it was given, which the calling module made.
[[nodiscard]] std::string precision_type(const Call& reference, bool is_output);

[[nodiscard]] RhoBounds rho_bounds(const std::string& type);

}  // namespace portwright::diagnose
