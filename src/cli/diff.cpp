#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "diff/diff_json.hpp"
#include "diff/diff_text.hpp"
#include "harness/model_configs.hpp"

namespace portwright::cli {
namespace {

struct DiffOptions {
  std::vector<std::string> models;
  std::string port;
  std::string format = "text";
  std::string python;
  std::uint64_t seed = 0;
};

Result<diff::Comparison> compared(const DiffOptions& options) {
  if (options.models.size() < 2 && options.port.empty()) {
    return fail(Fault::input, "one model alone has nothing to differ from",
                "name another model, or a port with --port");
  }
  const auto python = workspace::choose_python("transformers", options.python);
  if (!python) return tl::unexpected<Error>(python.error());
  if (python->python.transformers.empty()) {
    return fail(Fault::environment, python->python.executable.string() + " has no transformers",
                "name an interpreter with transformers with --python");
  }
  auto configs = harness::model_configs(options.models, options.seed, *python);
  if (!configs) return tl::unexpected<Error>(configs.error());
  diff::Settings settings;
  for (harness::ModelConfig& one : *configs) settings.models.push_back({one.name, std::move(one.config)});
  settings.transformers = python->python.transformers;
  if (!python->python.mlx_lm.empty()) settings.mlx_models = python->python.mlx_lm / "models";
  settings.port = options.port;
  return diff::compare(settings);
}

}  // namespace

Body declare_diff(CLI::App& app) {
  auto options = std::make_shared<DiffOptions>();
  app.add_option("MODEL", options->models,
                 "a folder, a config.json, org/name, builtin:NAME or synthetic:TYPE[#variant]")
      ->type_name("MODEL")
      ->required();
  app.add_option("--port", options->port, "also what this port for mlx-lm reads of the configs")->type_name("FILE");
  add_choice(app, "--format", options->format, {"text", "markdown"}, "Markdown for a report (text where not given)");
  app.add_option("--python", options->python, "the interpreter whose transformers is read")->type_name("EXE");
  app.add_option("--seed", options->seed, "of synthetic models")->type_name("N")->check(CLI::NonNegativeNumber);
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto comparison = compared(*options);
    if (!comparison) return tl::unexpected<Error>(comparison.error());
    if (call.json) {
      print_json(diff::to_json(*comparison));
    } else if (options->format == "markdown") {
      print(diff::to_markdown(*comparison));
    } else {
      print(diff::to_text(*comparison, terminal_of(STDOUT_FILENO).width));
    }
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
