// Whether the culprit's weights became others on their way into the port.
#pragma once

#include <optional>

#include "battery/check.hpp"
#include "results/check_record.hpp"

namespace portwright::battery {

// Asks the port for the parameters of the finding's first layer and holds each against the stored one of its name:
// `weight-order` where it has the same elements elsewhere, `other-weight` where it is another module's. Likely, never
// proved: a port may store a weight in another order and compute with it rightly.
[[nodiscard]] Asked<std::optional<results::Cause>> explain_weights(Context& context, const diagnose::Finding& finding);

}  // namespace portwright::battery
