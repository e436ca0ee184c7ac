// One question to the Hub's worker (docs/probe-protocol.md).
#pragma once

#include <chrono>

#include "base/error.hpp"
#include "base/json.hpp"
#include "probe/workers.hpp"

namespace portwright::hub {

// What is asked of the Hub's pages, as opposed to gigabytes.
inline constexpr std::chrono::minutes page_deadline{20};

// The worker's answer. What the worker refuses as a wrong name is an input error.
[[nodiscard]] Result<Json> ask(probe::Workers& workers, Json request, std::chrono::milliseconds deadline);

}  // namespace portwright::hub
