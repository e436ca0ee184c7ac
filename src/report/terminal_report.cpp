#include "report/terminal_report.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "report/screen.hpp"
#include "report/variant_checks.hpp"
#include "report/words.hpp"

namespace portwright::report {
namespace {

using results::Cause;
using results::CheckRecord;
using results::RunRecord;
using results::Verdict;
using Colour = Screen::Colour;

constexpr int label_columns = 9;      // "wrong    "
constexpr int verdict_columns = 14;   // "not compared  "
constexpr int least_id_columns = 17;  // "behaviour.greedy "
constexpr int most_id_columns = 26;   // beyond that an id takes a line of its own
constexpr int most_table_lines = 2;   // of a check that is told in full below
constexpr int most_other_lines = 3;   // so that a battery stays one screen; summary.md has the rest
constexpr std::size_t most_last_lines = 10;

// Records whose summary did not fit the table: it is told in full where they are explained.
using Cut = std::set<const CheckRecord*>;

void header(const RunRecord& run, const VariantChecks& variant, Screen& screen) {
  const auto versioned = [&](const char* key, const char* name) {
    const std::string version = text_at(run.environment, key);
    return version.empty() ? version : std::string(name) + " " + version;
  };
  std::string dtype = variant.variant.dtype;
  if (!variant.variant.dtype_source.empty()) dtype += " (" + variant.variant.dtype_source + ")";
  screen.joined(
      {variant.variant.id, variant.variant.model_type, dtype, backend_words(text_at(run.environment, "backend")),
       versioned("mlx", "mlx"), versioned("mlx_lm", "mlx-lm"), versioned("transformers", "transformers")},
      Colour::strong);
}

bool is_explained(const CheckRecord& check) {
  return check.verdict != Verdict::pass && check.verdict != Verdict::not_compared;
}

Cut table(const VariantChecks& variant, Screen& screen) {
  int id_columns = least_id_columns;
  for (const CheckRecord* check : variant.checks) {
    const int needed = columns_of(printable(check->id)) + 1;
    if (needed <= most_id_columns) id_columns = std::max(id_columns, needed);
  }
  Cut cut;
  for (const CheckRecord* check : variant.checks) {
    const bool whole =
        screen.row({{"  " + check->id, id_columns + 2, Colour::none},
                    {std::string(shown(check->verdict)), verdict_columns, Screen::colour_of(check->verdict)}},
                   check->summary, is_explained(*check) ? most_table_lines : most_other_lines);
    if (!whole) cut.insert(check);
  }
  return cut;
}

std::string in_folder(const std::filesystem::path& folder, const std::string& path) {
  return shell_word((folder / path).string());
}

void look_further(const CheckRecord& check, const std::filesystem::path& folder, Screen& screen) {
  if (const std::string accepted = accepted_words(check); !accepted.empty()) screen.indented(label_columns, accepted);
  if (const std::string remedy = text_at(check.measured, "remedy"); !remedy.empty()) {
    screen.indented(label_columns, "try: " + remedy);
  }
  if (const std::string repro = repro_of(check); !repro.empty()) {
    screen.indented(label_columns, "see it without portwright: python " + in_folder(folder, repro));
  } else if (!check.command.empty()) {
    screen.indented(label_columns, "measure it again: " + check.command);
  }
}

void last_lines(const CheckRecord& check, Screen& screen) {
  const std::vector<std::string> lines = last_lines_of(check, most_last_lines);
  if (lines.empty()) return;
  screen.indented(label_columns, "its last lines:");
  for (const std::string& line : lines) screen.indented(label_columns + 2, line, Colour::faint);
}

void causes(const CheckRecord& check, std::size_t told, Screen& screen) {
  for (std::size_t i = 0; i < check.causes.size(); ++i) {
    const Cause& cause = check.causes[i];
    if (cause.module) {
      screen.indented(label_columns, "and in " + *cause.module + ": " + cause.sentence);
    } else if (i >= told) {
      screen.indented(label_columns, (i == 0 ? "" : "or ") + cause.sentence);
    }
    screen.indented(label_columns, proof_words(cause));
  }
}

std::string ids_of(const Failure& failure) {
  std::string ids;
  for (const CheckRecord* check : failure) {
    ids += (ids.empty() ? "" : ", ") + check->id;
    if (!check->gates) ids += " (not gating)";
  }
  return ids;
}

// Of the checks that saw it, the first that left a script tells where to look; the lead where none did.
const CheckRecord& shown_by(const Failure& failure) {
  const auto found =
      std::find_if(failure.begin(), failure.end(), [](const CheckRecord* check) { return !repro_of(*check).empty(); });
  return found == failure.end() ? lead_of(failure) : **found;
}

void explain(const Failure& failure, const Cut& cut, const std::filesystem::path& folder, Screen& screen) {
  const CheckRecord& lead = lead_of(failure);
  const std::string culprit = culprit_words(lead);

  // The first line says what to change, as well as it is known: a line of the port, a cause, a module, a check.
  std::string first = lead.culprit && lead.culprit->port_line ? *lead.culprit->port_line + ": " : "";
  const results::Cause* const cause = cause_of_culprit(lead);
  if (cause != nullptr) {
    first += cause->sentence;
  } else if (lead.culprit && lead.culprit->module == "(root)") {
    first += lead.summary;
  } else {
    first += culprit.empty() ? ids_of(failure) : culprit;
  }
  screen.row({{"wrong", label_columns, Colour::bad}}, first);
  causes(lead, 1, screen);
  if (!culprit.empty()) {
    const std::string where = cause == nullptr ? "" : "in " + culprit + "; ";
    screen.indented(label_columns, where + "found by " + ids_of(failure));
  }
  for (const CheckRecord* check : failure) {
    if (cut.contains(check)) screen.indented(label_columns, check->id + ": " + check->summary);
  }
  last_lines(lead, screen);
  look_further(shown_by(failure), folder, screen);
}

void explain_failures(const VariantChecks& variant, const Cut& cut, const std::filesystem::path& folder,
                      Screen& screen) {
  const std::vector<Failure> failures = failures_of(variant);
  for (const Failure& failure : failures) {
    // Beside something that is named, a failure that names nothing is most likely its consequence: one line says so
    // much.
    if (!names_something(failure) && names_something(failures.front())) {
      screen.row({{"also", label_columns, Colour::bad}}, ids_of(failure) + ": no module of its own is named");
      for (const CheckRecord* check : failure) {
        if (cut.contains(check)) screen.indented(label_columns, check->summary);
      }
    } else {
      explain(failure, cut, folder, screen);
    }
    screen.blank();
  }
}

void explain_open(const CheckRecord& check, const Cut& cut, const std::filesystem::path& folder, Screen& screen) {
  const bool broke = check.verdict == Verdict::error;
  const std::string culprit = culprit_words(check);
  screen.row({{broke ? "broke" : "open", label_columns, Screen::colour_of(check.verdict)}},
             check.id + (check.gates ? "" : " (not gating)") + (culprit.empty() ? "" : ": " + culprit));
  if (cut.contains(&check)) screen.indented(label_columns, check.summary);
  causes(check, 0, screen);
  if (check.would_decide) screen.indented(label_columns, "would be decided by " + *check.would_decide);
  last_lines(check, screen);
  if (broke) look_further(check, folder, screen);
  screen.blank();
}

}  // namespace

std::string terminal_report(const RunRecord& run, const Terminal& terminal, const std::filesystem::path& folder) {
  Screen screen(terminal);
  for (const VariantChecks& variant : by_variant(run)) {
    header(run, variant, screen);
    screen.blank();
    const Cut cut = table(variant, screen);
    if (variant.checks.empty()) screen.indented(2, "no check was run");
    screen.blank();
    explain_failures(variant, cut, folder, screen);
    for (const Verdict verdict : {Verdict::error, Verdict::inconclusive}) {
      for (const CheckRecord* check : variant.checks) {
        if (check->verdict == verdict) explain_open(*check, cut, folder, screen);
      }
    }
  }
  screen.joined({run.sentence, counts(run.checks), duration(run.seconds), in_folder(folder, "summary.md")},
                Colour::strong);
  return screen.text();
}

}  // namespace portwright::report
