#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "report/render.hpp"
#include "report/terminal_report.hpp"
#include "results/run_folder.hpp"

namespace portwright::cli {

Body declare_report(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  app.add_option("RUN", *folder, "the folder of a run")->type_name("DIR")->required();
  return [folder](const Call& call) -> Result<ExitStatus> {
    const auto run = results::read_run_folder(*folder);
    if (!run) return tl::unexpected<Error>(run.error());
    if (const auto rendered = report::render_all(*run, *folder); !rendered) {
      return tl::unexpected<Error>(rendered.error());
    }
    if (call.json) {
      print_json(results::to_json(*run));
    } else {
      print(report::terminal_report(*run, terminal_of(STDOUT_FILENO), *folder));
    }
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
