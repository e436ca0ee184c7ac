#include "hub/discover.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "harness/hub_workers.hpp"
#include "hub/discover_report.hpp"
#include "report/progress.hpp"

namespace portwright::cli {
namespace {

struct DiscoverOptions {
  hub::DiscoverSettings settings;
  std::string python;
};

}  // namespace

Body declare_discover(CLI::App& app) {
  auto options = std::make_shared<DiscoverOptions>();
  app.add_option("MODEL_TYPE|ORG/NAME", options->settings.asked,
                 "as in config.json under model_type; or a repository, for its owner's of that type")
      ->type_name("TYPE")
      ->required();
  app.add_option("--limit", options->settings.limit, "repositories to list, the most downloaded first (500)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}));
  app.add_option("--python", options->python, "the interpreter with huggingface_hub")->type_name("EXE");
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto opened = harness::open_hub(options->python);
    if (!opened) return tl::unexpected<Error>(opened.error());
    auto progress = report::progress_on(std::cerr, terminal_of(STDERR_FILENO));
    opened->workers->on_idle([&progress] { progress->tick(); });
    const auto found = hub::discover(options->settings, *opened->workers,
                                     [&progress](const std::string& text) { progress->note(text); });
    opened->workers->on_idle({});
    progress.reset();  // clears its line
    if (!found) return tl::unexpected<Error>(found.error());
    if (call.json) {
      print_json(hub::to_json(*found));
    } else {
      print(hub::discovery_text(*found, terminal_of(STDOUT_FILENO).width));
    }
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
