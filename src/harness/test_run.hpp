// `portwright test`: the battery on one or more checkpoints, with one folder as its result.
#pragma once

#include "base/error.hpp"
#include "harness/test_settings.hpp"
#include "report/progress.hpp"
#include "results/run_record.hpp"

namespace portwright::harness {

struct TestRun {
  results::RunRecord record;
  std::filesystem::path folder;
};

// Records are written the moment a check ends. An error is one of the command or its input, or an interruption; what a
// port or a checkpoint does wrong is a record.
[[nodiscard]] Result<TestRun> run_test(const TestSettings& settings, report::Progress& progress);

}  // namespace portwright::harness
