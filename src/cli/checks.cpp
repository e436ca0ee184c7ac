#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/terminal.hpp"
#include "battery/check.hpp"
#include "cli/bodies.hpp"
#include "cli/print.hpp"
#include "cli/suggestion.hpp"

namespace portwright::cli {
namespace {

using battery::Check;

Json json_of(const Check& check) {
  return {{"id", check.id},
          {"lane", check.lane},
          {"question", check.question},
          {"cost", check.cost},
          {"effort", name(check.effort)},
          {"needs", check.needs.empty() ? Json(nullptr) : Json(check.needs)},
          {"gates", check.gates}};
}

std::string list_of_all(int width) {
  std::size_t id_columns = 0;
  for (const Check& check : battery::checks()) id_columns = std::max(id_columns, check.id.size());
  std::string text;
  for (const Check& check : battery::checks()) {
    text += hanging(fmt::format("  {:<{}}  ", check.id, id_columns), check.question, width);
  }
  return text + "\n'portwright checks ID' tells what one costs and needs.\n";
}

std::string details_of(const Check& check, int width) {
  std::string text = hanging(fmt::format("{}: ", check.id), check.question, width);
  text += fmt::format("  lane    {}\n  cost    {}, from --effort {} on\n", check.lane, check.cost, name(check.effort));
  text += fmt::format("  needs   {}\n", check.needs.empty() ? "nothing special" : check.needs);
  text += fmt::format("  gates   {}\n", check.gates ? "yes: a fail is the run's verdict" : "no: it informs");
  return text;
}

Result<ExitStatus> show_all(bool json) {
  if (!json) {
    print(list_of_all(terminal_of(STDOUT_FILENO).width));
    return ExitStatus::passed;
  }
  Json document = {{"checks", Json::array()}};
  for (const Check& check : battery::checks()) document["checks"].push_back(json_of(check));
  print_json(document);
  return ExitStatus::passed;
}

Result<ExitStatus> show_one(const std::string& id, bool json) {
  std::vector<std::string> known;
  for (const Check& check : battery::checks()) {
    known.emplace_back(check.id);
    if (check.id != id) continue;
    if (json) {
      print_json(json_of(check));
    } else {
      print(details_of(check, terminal_of(STDOUT_FILENO).width));
    }
    return ExitStatus::passed;
  }
  return fail(Fault::input, fmt::format("there is no check '{}'", id),
              suggestion(id, known, "'portwright checks' lists them"));
}

}  // namespace

Body declare_checks(CLI::App& app) {
  auto id = std::make_shared<std::string>();
  app.add_option("ID", *id, "one check, with what it costs and needs")->type_name("ID");
  return [id](const Call& call) { return id->empty() ? show_all(call.json) : show_one(*id, call.json); };
}

}  // namespace portwright::cli
