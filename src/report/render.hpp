// Every file a report writes into a run folder.
#pragma once

#include <filesystem>

#include "base/error.hpp"
#include "results/run_record.hpp"

namespace portwright::report {

// summary.md and reproduce.md.
[[nodiscard]] Status render_all(const results::RunRecord& run, const std::filesystem::path& folder);

}  // namespace portwright::report
