#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "harness/synthesis.hpp"

namespace portwright::cli {
namespace {

struct SynthOptions {
  std::string model_type;
  std::string out;
  std::string python;
  std::uint64_t seed = 0;
};

harness::SynthesisSettings settings_of(const SynthOptions& options) {
  harness::SynthesisSettings settings;
  const std::size_t mark = options.model_type.find('#');
  settings.model_type = options.model_type.substr(0, mark);
  if (mark != std::string::npos) settings.variant = options.model_type.substr(mark + 1);
  settings.seed = options.seed;
  settings.out = options.out;
  settings.python = options.python;
  return settings;
}

}  // namespace

Body declare_synth(CLI::App& app) {
  auto options = std::make_shared<SynthOptions>();
  app.add_option("MODEL_TYPE", options->model_type, "as in config.json, with #variant where there are any")
      ->type_name("TYPE")
      ->required();
  app.add_option("OUT", options->out, "a folder that is not there yet")->type_name("DIR")->required();
  app.add_option("--seed", options->seed, "the same seed gives the same bytes")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--python", options->python, "the interpreter with transformers")->type_name("EXE");
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto made = harness::synthesize(settings_of(*options));
    if (!made) return tl::unexpected<Error>(made.error());
    if (call.json) {
      print_json(*made);
    } else {
      print(fmt::format("{} written to {}\ntest it: portwright test {}\n", options->model_type, options->out,
                        options->out));
    }
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
