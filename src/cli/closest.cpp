#include "closest/closest.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "workspace/python.hpp"

namespace portwright::cli {
namespace {

struct ClosestOptions {
  std::string model_type;
  std::string python;
  std::size_t top = 5;
  bool reference = false;
};

Result<closest::Settings> settings_of(const ClosestOptions& options) {
  const auto choice = workspace::choose_python("transformers", options.python);
  if (!choice) return tl::unexpected<Error>(choice.error());
  const workspace::Python& python = choice->python;
  const auto missing = [&](const std::string& package) {
    return fail(Fault::environment, python.executable.string() + " has no " + package,
                "name an interpreter that has transformers and mlx-lm with --python");
  };
  if (python.transformers.empty()) return missing("transformers");
  if (python.mlx_lm.empty() && !options.reference) return missing("mlx-lm");
  return closest::Settings{options.model_type, python.transformers, python.mlx_lm, options.reference, options.top};
}

}  // namespace

Body declare_closest(CLI::App& app) {
  auto options = std::make_shared<ClosestOptions>();
  app.add_option("MODEL_TYPE", options->model_type, "as in config.json, of a model that transformers has")
      ->type_name("TYPE")
      ->required();
  app.add_option("--top", options->top, "how many are shown (5 where not given)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  app.add_option("--python", options->python, "the interpreter with transformers and mlx-lm, which are read as text")
      ->type_name("EXE");
  app.add_flag("--reference", options->reference, "rank transformers' own models instead of mlx-lm's ports");
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto settings = settings_of(*options);
    if (!settings) return tl::unexpected<Error>(settings.error());
    const auto answer = closest::closest_to(*settings);
    if (!answer) return tl::unexpected<Error>(answer.error());
    if (call.json) {
      print_json(closest::to_json(*answer));
    } else {
      print(closest::text_of(*answer, terminal_of(STDOUT_FILENO).width));
    }
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
