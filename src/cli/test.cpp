#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "cli/test_options.hpp"
#include "harness/test_run.hpp"
#include "report/progress.hpp"

namespace portwright::cli {
namespace {

// The live lines end with `progress`, before anything else is printed.
Result<results::RunRecord> run(const harness::TestSettings& settings) {
  const auto progress = report::progress_on(std::cerr, terminal_of(STDERR_FILENO));
  return harness::run_test(settings, *progress);
}

}  // namespace

Body declare_test(CLI::App& app) {
  const auto options = declare_test_options(app);
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto settings = settings_of(*options, call.words);
    if (!settings) return tl::unexpected<Error>(settings.error());
    const auto record = run(*settings);
    if (!record) return tl::unexpected<Error>(record.error());
    if (call.json) print_json(results::to_json(*record));
    return exit_status(record->verdict);
  };
}

}  // namespace portwright::cli
