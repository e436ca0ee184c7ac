#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/offer_environment.hpp"
#include "cli/print.hpp"
#include "cli/test_options.hpp"
#include "harness/test_run.hpp"
#include "report/progress.hpp"
#include "report/terminal_report.hpp"

namespace portwright::cli {
namespace {

// The live lines end with `progress`, before anything else is printed.
Result<harness::TestRun> run(const harness::TestSettings& settings) {
  const auto progress = report::progress_on(std::cerr, terminal_of(STDERR_FILENO));
  return harness::run_test(settings, *progress);
}

}  // namespace

Body declare_test(CLI::App& app) {
  const auto options = declare_test_options(app);
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto settings = settings_of(*options, call.words);
    if (!settings) return tl::unexpected<Error>(settings.error());
    auto done = run(*settings);
    if (!done) {
      const auto again = made_an_environment(done.error(), *settings, call.json);
      if (!again) return tl::unexpected<Error>(again.error());
      if (*again) done = run(*settings);
    }
    if (!done) return tl::unexpected<Error>(done.error());
    if (call.json) {
      print_json(results::to_json(done->record));
    } else {
      print(report::terminal_report(done->record, terminal_of(STDOUT_FILENO), done->folder));
    }
    return exit_status(done->record.verdict);
  };
}

}  // namespace portwright::cli
