#include "hub/fetch.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "harness/hub_workers.hpp"
#include "hub/fetch_text.hpp"
#include "hub/load_progress.hpp"
#include "report/progress.hpp"

namespace portwright::cli {
namespace {

struct FetchOptions {
  hub::FetchSettings settings;
  std::string python;
};

void declare_options(CLI::App& app, FetchOptions& options) {
  hub::FetchSettings& settings = options.settings;
  app.add_option("MODEL", settings.models, "repositories of the Hub: org/name or org/name@revision")
      ->type_name("MODEL")
      ->required();
  const auto globs = [&app](const char* name, std::vector<std::string>& values, const char* description) {
    app.add_option(name, values, description)->type_name("GLOB,...")->delimiter(',')->allow_extra_args(false);
  };
  globs("--include", settings.choice.include, "these files instead of what a port needs");
  globs("--exclude", settings.choice.exclude, "none of these files");
  app.add_flag("--dry-run", settings.dry_run, "only say what would be loaded");
  app.add_flag("--verify", settings.verify, "also compare the hashes of what the cache holds already");
  app.add_option("--python", options.python, "the interpreter with huggingface_hub")->type_name("EXE");
}

// The plan and the results are the command's output, and go to standard error where that must be JSON alone.
class OnScreen final : public hub::FetchWatch {
 public:
  explicit OnScreen(std::ostream& out)
      : out_(out), progress_(std::cerr, terminal_of(STDERR_FILENO), report::steady_seconds) {}

  void planned(const std::vector<hub::FetchPlan>& plans) override { out_ << hub::plan_text(plans) << std::flush; }
  void begins(const hub::FetchPlan& plan) override { progress_.begins(plan.repo); }
  void arrived(std::uint64_t done, std::uint64_t of) override { progress_.arrived(done, of); }
  void ended(const hub::FetchedModel& model) override {
    progress_.ends();
    out_ << hub::fetched_text(model) << std::flush;
  }

 private:
  std::ostream& out_;
  hub::LoadProgress progress_;
};

}  // namespace

Body declare_fetch(CLI::App& app) {
  auto options = std::make_shared<FetchOptions>();
  declare_options(app, *options);
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto opened = harness::open_hub(options->python);
    if (!opened) return tl::unexpected<Error>(opened.error());
    OnScreen screen(call.json ? std::cerr : std::cout);
    const auto report = hub::fetch(options->settings, *opened->workers, screen);
    if (!report) return tl::unexpected<Error>(report.error());
    if (call.json) print_json(hub::to_json(*report));
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
