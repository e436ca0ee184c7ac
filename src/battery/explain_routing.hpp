// Why a mixture-of-experts block is wrong: the port is asked for its choice, its experts' outputs and their sum.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "battery/parity.hpp"
#include "battery/subject.hpp"
#include "diagnose/routing.hpp"

namespace portwright::battery {

struct RoutingExplanation {
  std::string module;  // the reference's, starred: its router, its experts, or the block itself
  std::string block;   // starred
  std::optional<results::Cause> cause;
};

// `places`: the finding's points in a few layers. Nothing where they are not about a block whose choice of experts both
// sides show, or where what is wrong cannot be told.
[[nodiscard]] Asked<std::optional<RoutingExplanation>> explain_routing(Parity& parity, const Subject& subject,
                                                                       const std::vector<diagnose::Event>& places,
                                                                       const diagnose::Judged& judged);

}  // namespace portwright::battery
