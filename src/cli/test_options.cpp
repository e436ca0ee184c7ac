#include "cli/test_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>

#include "cli/options.hpp"

namespace portwright::cli {
namespace {

constexpr double bytes_per_gigabyte = 1e9;
constexpr double most_gigabytes = 1e6;

CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& type,
                      const std::string& description) {
  return app.add_option(name, values, description)->type_name(type)->delimiter(',')->allow_extra_args(false);
}

void declare_what_is_measured(CLI::App& app, TestOptions& options) {
  app.add_option("MODEL", options.model, "folder, org/name[@revision], builtin:smollm2, synthetic:TYPE[#variant]")
      ->type_name("MODEL")
      ->required();
  app.add_option("--port", options.port_file, "a port outside the installed mlx-lm")->type_name("FILE");
  auto* both = app.add_option("--python", options.python, "the interpreter that has both sides")->type_name("EXE");
  app.add_option("--reference-python", options.reference_python, "the interpreter with torch and transformers")
      ->type_name("EXE")
      ->excludes(both);
  app.add_option("--port-python", options.port_python, "the interpreter with mlx and mlx-lm")
      ->type_name("EXE")
      ->excludes(both);
  add_list(app, "--variants", options.variants, "MODEL,...", "more models in the same run");
  app.add_flag("--trust-remote-code", options.trust_remote_code, "run code of the checkpoint, only in the sandbox");
}

void declare_how_much(CLI::App& app, TestOptions& options) {
  add_list(app, "--checks", options.checks, "GLOB,...", "only these checks");
  add_list(app, "--skip", options.skip, "GLOB,...", "all but these checks");
  add_choice(app, "--effort", options.effort, {"quick", "default", "full"}, "how much is measured");
  auto* prompt = app.add_option("--prompt", options.prompt, "text instead of the built-in prompts")->type_name("TEXT");
  app.add_option("--prompt-file", options.prompt_file, "a file with that text")->type_name("FILE")->excludes(prompt);
  app.add_option("--seed", options.seed, "of everything that is drawn")->type_name("N")->check(CLI::NonNegativeNumber);
}

void declare_bounds_and_output(CLI::App& app, TestOptions& options) {
  app.add_option("--timeout", options.timeout_seconds, "seconds one check may take")
      ->type_name("S")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 31U));
  app.add_option("--memory", options.memory_gigabytes, "gigabytes all processes together may take")
      ->type_name("GB")
      ->check(CLI::Range(0.1, most_gigabytes));
  add_choice(app, "--sandbox", options.sandbox, {"auto", "off"}, "run a port file without network and write access");
  auto* out = app.add_option("--out", options.out, "the run folder (runs/... where not given)")->type_name("DIR");
  app.add_flag("--resume", options.resume, "go on with the run in --out: only what is missing or broke is measured")
      ->needs(out);
  app.add_flag("--no-cache", options.no_cache, "ask the reference again for what is known");
  app.add_flag("--keep-tensors", options.keep_tensors, "keep what was captured under evidence/");
}

Status refuse_missing_file(const std::string& option, const std::string& file) {
  std::error_code ignored;
  if (file.empty() || std::filesystem::is_regular_file(file, ignored)) return {};
  return fail(Fault::input, fmt::format("{} {} is not a file", option, file), "name a file that is there");
}

}  // namespace

std::shared_ptr<TestOptions> declare_test_options(CLI::App& app) {
  auto options = std::make_shared<TestOptions>();
  declare_what_is_measured(app, *options);
  declare_how_much(app, *options);
  declare_bounds_and_output(app, *options);
  return options;
}

Result<harness::TestSettings> settings_of(const TestOptions& options, std::vector<std::string> words) {
  for (const auto& [option, file] :
       {std::pair{"--port", options.port_file}, std::pair{"--prompt-file", options.prompt_file}}) {
    if (auto there = refuse_missing_file(option, file); !there) return tl::unexpected<Error>(there.error());
  }
  if (options.trust_remote_code && options.sandbox == "off") {
    return fail(Fault::input, "--trust-remote-code runs a stranger's code and so needs the sandbox",
                "leave --sandbox off out");
  }
  harness::TestSettings settings;
  settings.model = options.model;
  settings.variants = options.variants;
  settings.port_file = options.port_file;
  settings.reference_python = options.python.empty() ? options.reference_python : options.python;
  settings.port_python = options.python.empty() ? options.port_python : options.python;
  settings.trust_remote_code = options.trust_remote_code;
  settings.checks = options.checks;
  settings.skip = options.skip;
  settings.effort = battery::effort_named(options.effort);
  if (!options.prompt.empty()) settings.prompt = options.prompt;
  settings.prompt_file = options.prompt_file;
  settings.seed = options.seed;
  if (options.timeout_seconds > 0) settings.timeout = std::chrono::seconds{options.timeout_seconds};
  settings.memory_bytes = static_cast<std::uint64_t>(std::llround(options.memory_gigabytes * bytes_per_gigabyte));
  settings.sandbox = options.sandbox == "off" ? harness::SandboxMode::off : harness::SandboxMode::automatic;
  settings.out = options.out;
  settings.use_cache = !options.no_cache;
  settings.resume = options.resume;
  settings.keep_tensors = options.keep_tensors;
  settings.command = std::move(words);
  return settings;
}

}  // namespace portwright::cli
