// The manifest that would repeat a run.
#pragma once

#include "harness/manifest.hpp"
#include "results/run_record.hpp"

namespace portwright::harness {

// From what the record holds. Of a port's checkout the address and the path within are read from git, where the file is
// still there: nothing else is looked at.
[[nodiscard]] Manifest manifest_of_run(const results::RunRecord& run);

}  // namespace portwright::harness
