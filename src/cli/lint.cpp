#include "lint/lint.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/terminal.hpp"
#include "cli/bodies.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "cli/suggestion.hpp"
#include "lint/render.hpp"

namespace portwright::cli {
namespace {

struct LintOptions {
  std::vector<std::string> files;
  std::vector<std::string> rules;
  std::vector<std::string> skip;
  std::string severity = "warning";
  std::string fail_on = "error";
  std::string format = "text";
  std::string explain;
  std::string python;
  bool list = false;
  bool format_check = false;
};

lint::Settings settings_of(const LintOptions& options) {
  lint::Settings settings;
  settings.files.assign(options.files.begin(), options.files.end());
  settings.only = options.rules;
  settings.skip = options.skip;
  // What ends the program with 1 is also shown.
  settings.least = std::min(*lint::severity_named(options.severity), *lint::severity_named(options.fail_on));
  settings.format_check = options.format_check;
  settings.python = options.python;
  return settings;
}

Result<ExitStatus> list(const LintOptions& options, bool json) {
  if (json) {
    Json document = {{"rules", Json::array()}};
    for (const lint::Rule& rule : lint::rules()) document["rules"].push_back(lint::to_json(rule));
    print_json(document);
  } else {
    print(options.format == "markdown" ? lint::rules_markdown() : lint::rules_text(terminal_of(STDOUT_FILENO).width));
  }
  return ExitStatus::passed;
}

Result<ExitStatus> explain(const std::string& id, bool json) {
  const lint::Rule* rule = lint::rule_named(id);
  if (rule == nullptr) {
    std::vector<std::string> known;
    for (const lint::Rule& one : lint::rules()) known.emplace_back(one.id);
    return fail(Fault::input, fmt::format("there is no rule '{}'", id),
                suggestion(id, known, "'portwright lint --list' shows them"));
  }
  if (json) {
    print_json(lint::to_json(*rule));
  } else {
    print(lint::explained(*rule, terminal_of(STDOUT_FILENO).width));
  }
  return ExitStatus::passed;
}

Result<ExitStatus> look(const LintOptions& options, bool json) {
  if (options.files.empty()) return fail(Fault::input, "lint needs a file or a folder", "see 'portwright lint --help'");
  if (options.format == "markdown")
    return fail(Fault::input, "only --list is written as Markdown", "see 'portwright lint --help'");
  const auto report = lint::lint(settings_of(options));
  if (!report) return tl::unexpected<Error>(report.error());
  if (json) {
    print_json(lint::to_json(*report));
  } else if (options.format == "sarif") {
    print_json(lint::sarif(*report));
  } else if (options.format == "github") {
    print(lint::github_annotations(*report));
  } else {
    print(lint::text_of(*report, terminal_of(STDOUT_FILENO)));
  }
  return report->any_from(*lint::severity_named(options.fail_on)) ? ExitStatus::failed : ExitStatus::passed;
}

}  // namespace

Body declare_lint(CLI::App& app) {
  auto options = std::make_shared<LintOptions>();
  app.add_option("FILE", options->files, "ports, or folders of which every port is meant")->type_name("FILE");
  app.add_option("--rules", options->rules, "only these rules, by id: float32-*,syntax")
      ->type_name("GLOB,…")
      ->delimiter(',');
  app.add_option("--skip", options->skip, "without these rules")->type_name("GLOB,…")->delimiter(',');
  add_choice(app, "--severity", options->severity, {"error", "warning", "note"}, "the least that is shown (warning)");
  add_choice(app, "--fail-on", options->fail_on, {"error", "warning", "note"},
             "the least that ends with exit status 1 (error)");
  add_choice(app, "--format", options->format, {"text", "github", "sarif", "markdown"},
             "as GitHub's annotations, as SARIF 2.1.0; --list also as markdown");
  app.add_flag("--format-check", options->format_check, "also ask black and isort, in the versions that upstream pins");
  app.add_option("--python", options->python, "whose black and isort, instead of those on PATH")->type_name("EXE");
  app.add_flag("--list", options->list, "shows the rules");
  app.add_option("--explain", options->explain, "one rule: why, where it was asked, an example")->type_name("RULE");
  return [options](const Call& call) -> Result<ExitStatus> {
    if (!options->explain.empty()) return explain(options->explain, call.json);
    if (options->list) return list(*options, call.json);
    return look(*options, call.json);
  };
}

}  // namespace portwright::cli
