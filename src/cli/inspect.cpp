#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "harness/inspection.hpp"

namespace portwright::cli {

Body declare_inspect(CLI::App& app) {
  auto settings = std::make_shared<harness::InspectionSettings>();
  app.add_option("MODEL", settings->model, "a folder, org/name[@revision], builtin:smollm2 or synthetic:TYPE")
      ->type_name("MODEL")
      ->required();
  app.add_option("--python", settings->python, "the interpreter whose transformers is read as the reference")
      ->type_name("EXE");
  app.add_option("--seed", settings->seed, "of a synthetic checkpoint")->type_name("N")->check(CLI::NonNegativeNumber);
  app.add_flag("--offline", settings->offline, "of a repository only what the cache holds");
  return [settings](const Call& call) -> Result<ExitStatus> {
    const auto inspection = harness::inspect_model(*settings);
    if (!inspection) return tl::unexpected<Error>(inspection.error());
    if (call.json) {
      print_json(inspect::to_json(*inspection));
    } else {
      print(inspect::inspection_text(*inspection, terminal_of(STDOUT_FILENO).width));
    }
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
