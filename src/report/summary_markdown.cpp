#include "report/summary_markdown.hpp"

#include <fmt/format.h>

#include <vector>

#include "report/check_numbers.hpp"
#include "report/markdown.hpp"
#include "report/variant_checks.hpp"
#include "report/words.hpp"

namespace portwright::report {
namespace {

using results::Cause;
using results::CheckRecord;
using results::RunRecord;
using results::Verdict;

constexpr std::size_t most_quoted_lines = 20;

std::string verdict_cell(const CheckRecord& check) {
  const bool stands_out = check.verdict == Verdict::fail || check.verdict == Verdict::error;
  std::string text(shown(check.verdict));
  if (stands_out) text = "**" + text + "**";
  return check.gates ? text : text + " (not gating)";
}

std::string variant_line(const VariantChecks& variant) {
  std::string text = md_code(variant.variant.model.empty() ? variant.variant.id : variant.variant.model);
  if (!variant.variant.revision.empty()) text += " at " + md_code(variant.variant.revision);
  if (!variant.variant.model_type.empty()) text += " · " + md_text(variant.variant.model_type);
  if (!variant.variant.dtype.empty()) {
    text += " · " + md_text(variant.variant.dtype);
    if (!variant.variant.dtype_source.empty()) text += " (" + md_text(variant.variant.dtype_source) + ")";
  }
  return text;
}

std::string table_of(const VariantChecks& variant) {
  if (variant.checks.empty()) return "No check was run.\n";
  MarkdownTable table({"check", "verdict", "what was found"});
  for (const CheckRecord* check : variant.checks) {
    std::string found = md_text(check->summary);
    if (const std::string accepted = accepted_words(*check); !accepted.empty()) found += "; " + md_text(accepted);
    table.row({md_code(check->id), verdict_cell(*check), found});
  }
  return table.text();
}

std::string code_ids_of(const Failure& failure) {
  std::string ids;
  for (const CheckRecord* check : failure) ids += (ids.empty() ? "" : ", ") + md_code(check->id);
  return ids;
}

std::string look_further(const CheckRecord& check) {
  std::string text;
  if (const std::string remedy = text_at(check.measured, "remedy"); !remedy.empty()) {
    text += "- to mend it: " + md_text(remedy) + "\n";
  }
  if (const std::string repro = repro_of(check); !repro.empty()) {
    text += "- see it without portwright, in this folder: " + md_code("python " + shell_word(repro)) + "\n";
  }
  if (!check.command.empty()) text += "- measure it again: " + md_code(check.command) + "\n";
  const std::vector<std::string> lines = last_lines_of(check, most_quoted_lines);
  if (lines.empty()) return text;
  std::string block;
  for (const std::string& line : lines) block += line + "\n";
  return text + "\nIts last lines:\n\n" + md_block(block, "text");
}

std::string failure_title(const Failure& failure) {
  const CheckRecord& lead = lead_of(failure);
  std::string title;
  if (lead.culprit && lead.culprit->port_line) title = md_code(*lead.culprit->port_line) + ": ";
  if (const Cause* cause = cause_of_culprit(lead)) return title + md_text(cause->sentence);
  if (!lead.culprit) return code_ids_of(failure);
  if (lead.culprit->module == "(root)") return title + md_text(lead.summary);
  return title + md_text(culprit_words(lead));
}

std::string failure_section(const Failure& failure, bool others_are_named) {
  const CheckRecord& lead = lead_of(failure);
  std::string text = "#### " + failure_title(failure) + "\n\n";
  for (std::size_t i = 0; i < lead.causes.size(); ++i) {
    const Cause& cause = lead.causes[i];
    if (cause.module) {
      text +=
          "- and in " + md_code(*cause.module) + ": " + md_text(cause.sentence) + "; " + md_text(proof_words(cause));
    } else {
      text += "- " + (i == 0 ? "" : "or " + md_text(cause.sentence) + "; ") + md_text(proof_words(cause));
    }
    if (cause.field) text += " (config " + md_code(*cause.field) + ")";
    text += "\n";
  }
  if (lead.culprit && cause_of_culprit(lead) == nullptr) {
    text += "- found by " + code_ids_of(failure) + "\n";
  } else if (lead.culprit) {
    text += "- in " + md_code(lead.culprit->module);
    if (lead.culprit->function) text += ", function " + md_code(*lead.culprit->function);
    if (const std::string layers = layers_words(lead); !layers.empty()) text += ", " + layers;
    text += "; found by " + code_ids_of(failure) + "\n";
  } else if (!names_something(failure)) {
    text += others_are_named ? "- no module of its own is named\n" : "- no module is named\n";
  }
  text += "- " + md_code(lead.id) + ": " + md_text(lead.summary) + "\n";
  if (const std::string accepted = accepted_words(lead); !accepted.empty()) text += "- " + md_text(accepted) + "\n";
  return text + look_further(lead);
}

// Nothing where the body is empty.
std::string section(const std::string& title, std::string body) {
  while (body.ends_with("\n\n")) body.pop_back();
  return body.empty() ? body : "\n### " + title + "\n\n" + body;
}

std::string explanations(const VariantChecks& variant) {
  std::string wrong;
  const std::vector<Failure> failures = failures_of(variant);
  for (const Failure& failure : failures) wrong += failure_section(failure, names_something(failures.front())) + "\n";

  std::string broke;
  std::string open;
  for (const CheckRecord* check : variant.checks) {
    if (check->verdict == Verdict::error) {
      broke += "#### " + md_code(check->id) + ": " + md_text(check->summary) + "\n\n" + look_further(*check) + "\n";
    }
    if (check->verdict == Verdict::inconclusive) {
      open += "- " + md_code(check->id) + ": " + md_text(check->summary);
      if (check->would_decide) open += ". Would be decided by " + md_text(*check->would_decide);
      open += "\n";
    }
  }
  return section("What is wrong", wrong) + section("What broke", broke) + section("What is undecided", open);
}

std::string environment_table(const RunRecord& run) {
  MarkdownTable table({"", ""});
  for (const auto& [key, value] : run.environment.items()) {
    if (key != "packages" && !value.is_null()) table.row({md_text(key), md_text(value_words(value))});
  }
  return table.empty() ? std::string() : table.text();
}

std::string port_table(const RunRecord& run) {
  MarkdownTable table({"", ""});
  for (const auto& [key, value] : run.port.items()) {
    if (value.is_null()) continue;
    if (key != "shared_modules") {
      table.row({md_text(key), value.is_string() ? md_code(value.get<std::string>()) : md_text(value_words(value))});
      continue;
    }
    for (const Json& module : value) table.row({md_code(text_at(module, "path")), md_code(text_at(module, "sha256"))});
  }
  return table.empty() ? std::string() : table.text();
}

}  // namespace

std::string summary_markdown(const RunRecord& run) {
  const std::vector<VariantChecks> variants = by_variant(run);
  std::string text = "# Portwright: " + md_text(run.sentence) + "\n\n";
  text += md_text(counts(run.checks)) + " · " + duration(run.seconds) + " · " + md_text(run.started) + "\n\n";
  std::string numbers;
  for (const VariantChecks& variant : variants) {
    if (variants.size() > 1) {
      text += fmt::format("## {}: {}\n\n", md_code(variant.variant.id), shown(variant.variant.verdict));
    }
    text += variant_line(variant) + "\n\n" + table_of(variant) + explanations(variant) + "\n";
    if (variants.size() > 1 && !variant.checks.empty()) numbers += "#### " + md_code(variant.variant.id) + "\n\n";
    for (const CheckRecord* check : variant.checks) numbers += check_numbers(*check);
  }
  text += md_folded("Every number, with its bound", numbers);
  text += md_folded("The port that was measured", port_table(run));
  text += md_folded("The machine and the versions", environment_table(run));
  text += "\nHow to measure it again: [reproduce.md](reproduce.md). Every value: [run.json](run.json).\n";
  return text;
}

}  // namespace portwright::report
