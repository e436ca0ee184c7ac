// A fetch as a person reads it.
#pragma once

#include <string>
#include <vector>

#include "hub/fetch.hpp"

namespace portwright::hub {

// The files of each model with their sizes, what is here, what comes, and the room there is.
[[nodiscard]] std::string plan_text(const std::vector<FetchPlan>& plans);

// What came, how fast, and the folder; one model.
[[nodiscard]] std::string fetched_text(const FetchedModel& model);

}  // namespace portwright::hub
