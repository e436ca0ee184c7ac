// A discovery as a person and as a program reads it.
#pragma once

#include <string>

#include "base/json.hpp"
#include "hub/discover.hpp"

namespace portwright::hub {

// The variants by config, what was set aside and why, the declared bases, and last the suggested set. `width`: columns.
[[nodiscard]] std::string discovery_text(const Discovery& discovery, int width);

[[nodiscard]] Json to_json(const Discovery& discovery);

}  // namespace portwright::hub
