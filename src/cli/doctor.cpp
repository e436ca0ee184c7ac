#include "workspace/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/terminal.hpp"
#include "base/version.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"

namespace portwright::cli {
namespace {

using workspace::Examination;
using workspace::Finding;
using workspace::Level;

constexpr int level_columns = 9;

std::ptrdiff_t count(const Examination& examination, Level level) {
  return std::count_if(examination.findings.begin(), examination.findings.end(),
                       [level](const Finding& finding) { return finding.level == level; });
}

std::string text_of(const Examination& examination, int width) {
  std::size_t id_columns = 0;
  for (const Finding& finding : examination.findings) id_columns = std::max(id_columns, finding.id.size());
  const int indent = static_cast<int>(id_columns) + level_columns + 4;
  std::string text;
  for (const Finding& finding : examination.findings) {
    const std::string head =
        fmt::format("  {:<{}}  {:<{}}", finding.id, id_columns, name(finding.level), level_columns);
    text += hanging(head, finding.sentence, width);
    // A command to copy stays on one line.
    if (!finding.remedy.empty()) text += fmt::format("{:{}}{}\n", "", indent, finding.remedy);
  }
  text +=
      fmt::format("{}: {} ok, {} warn, {} missing\n", examination.usable() ? "usable" : "not usable",
                  count(examination, Level::ok), count(examination, Level::warn), count(examination, Level::missing));
  return text;
}

Json json_of(const Examination& examination) {
  Json document = {{"portwright", program_version()}, {"usable", examination.usable()}, {"python", nullptr}};
  if (examination.python) {
    const workspace::Choice& choice = *examination.python;
    Json rejected = Json::array();
    for (const auto& other : choice.rejected) {
      rejected.push_back({{"executable", other.executable.string()}, {"why", other.why}});
    }
    document["python"] = {{"executable", choice.python.executable.string()},
                          {"version", choice.python.version},
                          {"why", choice.why},
                          {"rejected", rejected}};
  }
  document["findings"] = Json::array();
  for (const Finding& finding : examination.findings) {
    document["findings"].push_back({{"id", finding.id},
                                    {"level", name(finding.level)},
                                    {"sentence", finding.sentence},
                                    {"remedy", finding.remedy}});
  }
  return document;
}

}  // namespace

Body declare_doctor(CLI::App& app) {
  auto python = std::make_shared<std::string>();
  app.add_option("--python", *python, "the interpreter to look at instead of the one a run would choose")
      ->type_name("EXE");
  return [python](const Call& call) -> Result<ExitStatus> {
    const auto examination = workspace::examine(*python);
    if (!examination) return tl::unexpected<Error>(examination.error());
    if (call.json) {
      print_json(json_of(*examination));
    } else {
      print(text_of(*examination, terminal_of(STDOUT_FILENO).width));
    }
    return examination->usable() ? ExitStatus::passed : ExitStatus::broke;
  };
}

}  // namespace portwright::cli
