// summary.md: what a reviewer reads on GitHub. The verdict, a table, what is wrong; numbers and environment folded.
#pragma once

#include <string>

#include "results/run_record.hpp"

namespace portwright::report {

[[nodiscard]] std::string summary_markdown(const results::RunRecord& run);

}  // namespace portwright::report
