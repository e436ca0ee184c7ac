#include "harness/manifest.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "harness/manifest_of_models.hpp"
#include "harness/manifest_of_run.hpp"
#include "results/run_folder.hpp"

namespace portwright::cli {
namespace {

struct ManifestOptions {
  std::vector<std::string> subjects;
  std::string check;
  std::string out;
  std::string pr;
  std::string branch;
  std::string python;
};

bool is_run_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / "run.json", ignored) || std::filesystem::exists(folder / "variants", ignored);
}

// "OWNER/NAME#NUMBER"
Result<harness::PullRequest> pull_request(const std::string& text, const std::string& branch) {
  harness::PullRequest pr{0, text.substr(0, text.find('#')), branch};
  const std::string number = text.find('#') == std::string::npos ? "" : text.substr(text.find('#') + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), pr.number);
  if (error != std::errc{} || end != number.data() + number.size()) {
    return fail(Fault::input, fmt::format("--pr takes OWNER/NAME#NUMBER, not '{}'", text),
                "for example --pr ml-explore/mlx-lm#42 --branch add-llama");
  }
  return pr;
}

Result<harness::Manifest> manifest_for(const ManifestOptions& options) {
  const bool of_run = options.subjects.size() == 1 && is_run_folder(options.subjects.front());
  if (!of_run) return harness::manifest_of_models({options.subjects, options.python});
  return results::read_run_folder(options.subjects.front()).map(harness::manifest_of_run);
}

// What is written can be read: nobody is left with a file that the next command refuses.
Result<harness::Manifest> checked(const harness::Manifest& manifest, const std::string& origin) {
  return harness::parse_manifest(harness::manifest_text(manifest), origin);
}

void say_what_peers_miss(const harness::Manifest& manifest) {
  const std::string missing = harness::missing_for_peers(manifest);
  if (missing.empty()) return;
  std::cerr << fmt::format("mlx-lm-tests would miss: {}{}\n", missing,
                           manifest.pr ? "" : " (--pr OWNER/NAME#NUMBER --branch NAME)");
}

std::string one_line(const harness::Manifest& manifest, const std::string& file) {
  const std::size_t count = manifest.variants.size();
  return fmt::format("{}: a manifest of {} with {} variant{}\n", file, manifest.model_type, count,
                     count == 1 ? "" : "s");
}

Result<ExitStatus> check(const ManifestOptions& options, bool json) {
  const auto manifest = harness::read_manifest(options.check);
  if (!manifest) return tl::unexpected<Error>(manifest.error());
  if (json) {
    print_json(harness::to_json(*manifest));
  } else {
    print(one_line(*manifest, options.check));
  }
  say_what_peers_miss(*manifest);
  return ExitStatus::passed;
}

Result<ExitStatus> write(const ManifestOptions& options, bool json) {
  auto made = manifest_for(options);
  if (!made) return tl::unexpected<Error>(made.error());
  if (!options.pr.empty()) {
    auto pr = pull_request(options.pr, options.branch);
    if (!pr) return tl::unexpected<Error>(pr.error());
    made->pr = std::move(*pr);
  }
  const auto manifest = checked(*made, options.out.empty() ? "the manifest" : options.out);
  if (!manifest) return tl::unexpected<Error>(manifest.error());
  const std::string text = harness::manifest_text(*manifest);
  if (!options.out.empty()) {
    if (const Status written = write_file(options.out, text); !written) return tl::unexpected<Error>(written.error());
  }
  if (json) {
    print_json(harness::to_json(*manifest));
  } else {
    print(options.out.empty() ? text : one_line(*manifest, options.out));
  }
  say_what_peers_miss(*manifest);
  return ExitStatus::passed;
}

}  // namespace

Body declare_manifest(CLI::App& app) {
  auto options = std::make_shared<ManifestOptions>();
  app.add_option("RUN or MODEL", options->subjects, "the folder of a run, or the models to test")->type_name("MODEL");
  auto* check_option = app.add_option("--check", options->check, "say whether a file is a manifest, and what is wrong")
                           ->type_name("FILE");
  app.add_option("--out", options->out, "write it there instead of to standard output")
      ->type_name("FILE")
      ->excludes(check_option);
  auto* branch = app.add_option("--branch", options->branch, "the head of the pull request")->type_name("NAME");
  app.add_option("--pr", options->pr, "the pull request of the port, which mlx-lm-tests needs")
      ->type_name("OWNER/NAME#NUMBER")
      ->needs(branch)
      ->excludes(check_option);
  app.add_option("--python", options->python, "the interpreter that the versions are read from")->type_name("EXE");
  return [options](const Call& call) -> Result<ExitStatus> {
    if (options->subjects.empty() == options->check.empty()) {
      return fail(Fault::input, "manifest takes the folder of a run, or models, or --check FILE",
                  "for example: portwright manifest org/name --out manifest.yaml");
    }
    return options->check.empty() ? write(*options, call.json) : check(*options, call.json);
  };
}

}  // namespace portwright::cli
