#include <fmt/format.h>

#include <algorithm>

#include "lint/render.hpp"

namespace portwright::lint {
namespace {

constexpr int most_place = 48;  // columns; a longer place has a line of its own

std::string place_of(const Finding& finding) {
  return printable(fmt::format("{}:{}:{}", finding.file.string(), finding.line, finding.column));
}

std::string_view colour_of(Severity severity) {
  return severity == Severity::error ? "\x1b[31m" : severity == Severity::warning ? "\x1b[33m" : "\x1b[2m";
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

// Each line of a text at the same indent.
std::string under(std::string_view text, int indent) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines += fmt::format("{:{}}{}\n", "", indent, text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

}  // namespace

std::string text_of(const Report& report, const Terminal& terminal) {
  int place_columns = 0;
  std::size_t rule_columns = 0;
  for (const Finding& finding : report.findings) {
    place_columns = std::max(place_columns, std::min(columns_of(place_of(finding)), most_place));
    rule_columns = std::max(rule_columns, finding.rule->id.size());
  }
  std::string text;
  for (const Finding& finding : report.findings) {
    const std::string place = place_of(finding);
    const Severity severity = finding.rule->severity;
    const std::string_view colour = terminal.colour ? colour_of(severity) : "";
    const int spaces = std::max(0, place_columns - columns_of(place));
    text += fmt::format("{}{:{}}  {}{:<7}{}  {:<{}}  {}\n", place, "", spaces, colour, name(severity),
                        terminal.colour ? "\x1b[0m" : "", finding.rule->id, rule_columns, printable(finding.sentence));
    if (!finding.detail.empty()) text += under(finding.detail, 4);
    if (!finding.fix.empty()) text += fmt::format("    fix: {}\n", printable(finding.fix));
  }
  for (const std::string& note : report.notes) text += fmt::format("{}\n", printable(note));
  if (!text.empty()) text += "\n";
  text +=
      fmt::format("{} looked at: {}, {}", counted(report.ports, "port"),
                  counted(report.count(Severity::error), "error"), counted(report.count(Severity::warning), "warning"));
  if (const std::size_t notes = report.count(Severity::note); notes > 0) text += ", " + counted(notes, "note");
  if (report.others == 1) text += "; 1 other file is no port";
  if (report.others > 1) text += fmt::format("; {} other files are no ports", report.others);
  return text + "\n";
}

std::string rules_text(int width) {
  std::size_t columns = 0;
  for (const Rule& rule : rules()) columns = std::max(columns, rule.id.size());
  std::string text;
  for (const Rule& rule : rules()) {
    text += wrapped(fmt::format("{:<{}}  {:<7}  ", rule.id, columns, name(rule.severity)) + std::string(rule.sentence),
                    width, static_cast<int>(columns) + 11);
    if (!text.ends_with('\n')) text += '\n';
  }
  return text + "\n'portwright lint --explain RULE' tells why, with an example.\n";
}

}  // namespace portwright::lint
