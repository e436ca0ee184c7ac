// The answer on one screen: a line for each check, what is wrong and where, the verdict last.
#pragma once

#include <filesystem>
#include <string>

#include "base/terminal.hpp"
#include "results/run_record.hpp"

namespace portwright::report {

// `folder` is the run folder as the reader would type it. No line is wider than the terminal.
[[nodiscard]] std::string terminal_report(const results::RunRecord& run, const Terminal& terminal,
                                          const std::filesystem::path& folder);

}  // namespace portwright::report
