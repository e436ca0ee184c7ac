// The token ids a checkpoint is asked with: real text through its own tokenizer, or seeded ids where it has none.
#pragma once

#include <vector>

#include "battery/parity.hpp"
#include "battery/session.hpp"
#include "battery/subject.hpp"

namespace portwright::battery {

inline constexpr std::size_t least_prompt_tokens = 160;

[[nodiscard]] Asked<std::vector<int>> prompt_ids(Session& session, const Subject& subject);

}  // namespace portwright::battery
