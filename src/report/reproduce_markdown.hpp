// reproduce.md: how somebody else measures the same: versions, checkpoint, port, commands, seeds and hashes.
#pragma once

#include <string>

#include "results/run_record.hpp"

namespace portwright::report {

[[nodiscard]] std::string reproduce_markdown(const results::RunRecord& run);

}  // namespace portwright::report
