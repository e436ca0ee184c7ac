// `portwright test`: the battery on one or more checkpoints, with one folder as its result.
#pragma once

#include "base/error.hpp"
#include "harness/test_bench.hpp"
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

// The same with workers that are there already: their logs and their sandbox are those of the bench.
[[nodiscard]] Result<TestRun> run_test_on(TestBench& bench, const TestSettings& settings, report::Progress& progress);

}  // namespace portwright::harness
