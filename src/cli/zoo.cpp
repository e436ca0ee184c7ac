#include "harness/zoo.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <thread>

#include "base/files.hpp"
#include "cli/bodies.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "report/zoo_table.hpp"

namespace portwright::cli {
namespace {

struct ZooOptions {
  std::vector<std::string> types;
  std::vector<std::string> checks;
  std::vector<std::string> skip;
  std::string effort = "quick";
  std::string python;
  std::string ports;
  std::string out = "runs/zoo";
  std::string table;
  std::uint64_t seed = 0;
  std::uint64_t timeout_seconds = 300;
  int jobs = 1;
  bool resume = false;
  bool classify = false;
};

void declare_options(CLI::App& app, ZooOptions& options) {
  const auto list = [&](const std::string& name, std::vector<std::string>& values, const std::string& description) {
    app.add_option(name, values, description)->type_name("GLOB,...")->delimiter(',')->allow_extra_args(false);
  };
  list("--types", options.types, "only these model types");
  app.add_option("--ports", options.ports, "a table of ports (JSON) instead of the model types")
      ->type_name("FILE")
      ->excludes("--types");
  list("--checks", options.checks, "only these checks");
  list("--skip", options.skip, "all but these checks");
  add_choice(app, "--effort", options.effort, {"quick", "default", "full"}, "how much is measured");
  app.add_option("--jobs", options.jobs, "pairs of workers side by side")->type_name("N")->check(CLI::Range(1, 64));
  app.add_option("--python", options.python, "the interpreter that has both sides")->type_name("EXE");
  app.add_option("--seed", options.seed, "of everything that is drawn")->type_name("N")->check(CLI::NonNegativeNumber);
  app.add_option("--timeout", options.timeout_seconds, "seconds one check may take")
      ->type_name("S")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 31U));
  app.add_option("--out", options.out, "the folder of the zoo (runs/zoo where not given)")->type_name("DIR");
  app.add_option("--table", options.table, "also write the table there, as Markdown")->type_name("FILE");
  app.add_flag("--resume", options.resume, "what --out has a row of is not measured again");
  app.add_flag("--classify", options.classify, "ask what fails again, one constant at a time at its default");
}

harness::ZooSettings settings_of(const ZooOptions& options) {
  harness::ZooSettings settings;
  settings.types = options.types;
  settings.ports = options.ports;
  settings.jobs = options.jobs;
  settings.resume = options.resume;
  settings.classify = options.classify;
  settings.test.effort = battery::effort_named(options.effort);
  settings.test.checks = options.checks;
  settings.test.skip = options.skip;
  settings.test.seed = options.seed;
  settings.test.timeout = std::chrono::seconds{options.timeout_seconds};
  settings.test.reference_python = options.python;
  settings.test.port_python = options.python;
  settings.test.out = options.out;
  return settings;
}

}  // namespace

Body declare_zoo(CLI::App& app) {
  auto options = std::make_shared<ZooOptions>();
  declare_options(app, *options);
  return [options](const Call& call) -> Result<ExitStatus> {
    const bool json = call.json;
    const auto zoo = harness::run_zoo(settings_of(*options), [json](const results::ZooRow& row) {
      (json ? std::cerr : std::cout) << report::zoo_line(row) << std::flush;
    });
    if (!zoo) return tl::unexpected<Error>(zoo.error());
    if (!options->table.empty()) {
      const Status written = write_file(options->table, report::zoo_markdown(*zoo));
      if (!written) return tl::unexpected<Error>(written.error());
    }
    if (json) {
      print_json(results::to_json(*zoo));
    } else {
      print(report::zoo_summary(*zoo));
    }
    return exit_status(results::verdict_of(*zoo));
  };
}

}  // namespace portwright::cli
