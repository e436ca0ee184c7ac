// Why a finding is wrong: the port's arrays there are fetched and held against every hypothesis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "battery/check.hpp"
#include "results/check_record.hpp"

namespace portwright::battery {

struct Explanation {
  std::string module;  // starred: whose doing it is, where that is another module than the one it was seen at
  std::vector<results::Cause> causes;
  std::string function;      // "rope", "scale", "activation": what of the module is wrong, where that is known
  Json by = Json::object();  // where in the first wrong array the error lies (diagnose/aggregates.hpp)
  std::optional<double> logit_error_removed;  // the share that goes where this module hands on the reference's output
};

[[nodiscard]] Asked<Explanation> explain(Context& context, const diagnose::Finding& finding);

}  // namespace portwright::battery
