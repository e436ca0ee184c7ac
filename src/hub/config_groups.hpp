// Variants by distinct config, and the smallest set of them that has every value that switches code.
#pragma once

#include "hub/discover.hpp"

namespace portwright::hub {

// Orders the variants by config and size, and fills configs, suggested and smallest.
void group_by_config(Discovery& discovery);

}  // namespace portwright::hub
