// The script that shows a failure without portwright: evidence/<check>/repro.py, with its input beside it.
#pragma once

#include "battery/check.hpp"

namespace portwright::battery {

// Writes one for a record that failed, and names it in `evidence`. Checks without a script of their own, and failures
// that one module alone does not show, get none. Asks nothing that the check has not asked.
void write_repro(Context& context, results::CheckRecord& record);

}  // namespace portwright::battery
