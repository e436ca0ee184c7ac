#include "diff/diff_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/terminal.hpp"
#include "diff/words.hpp"
#include "source/literal.hpp"

namespace portwright::diff {
namespace {

constexpr std::size_t most_reads = 4;  // of one key; the rest is counted
constexpr int key_indent = 2;
constexpr int code_indent = 6;

// A word that stays whole, and a text beside it that is wrapped.
std::string line_text(int indent, const std::string& head, const std::string& text, int width) {
  const std::string before = std::string(static_cast<std::size_t>(indent), ' ') + printable(head) + "  ";
  const int left = std::max(width - columns_of(before), 30);
  return before + wrapped(printable(text), left, indent + 4) + "\n";
}

std::string models_text(const Comparison& comparison) {
  std::string text;
  for (std::size_t i = 0; i < comparison.variants.size(); ++i) {
    const Variant& variant = comparison.variants[i];
    text += fmt::format("{}  {} · {}\n", label(i), printable(variant.name), printable(variant.model_type));
  }
  return text;
}

std::string code_text(const Row& row, int width) {
  std::string text;
  for (const Decision& decision : row.decisions) {
    text += line_text(code_indent, decision.place.line.text(),
                      fmt::format("{} → {}", decision.place.code, taken_text(decision)), width);
  }
  for (const Picked& picked : row.picks) {
    text += line_text(code_indent, picked.place.line.text(),
                      fmt::format("{} → {}", picked.place.code, picks_text(picked)), width);
  }
  // A line that decides is not said twice.
  std::vector<const Place*> plain;
  for (const Place& read : row.reads) {
    const auto is_said = [&](const Decision& decision) { return decision.place.line == read.line; };
    const auto is_picked = [&](const Picked& picked) { return picked.place.line == read.line; };
    if (std::ranges::none_of(row.decisions, is_said) && std::ranges::none_of(row.picks, is_picked)) {
      plain.push_back(&read);
    }
  }
  for (std::size_t i = 0; i < std::min(plain.size(), most_reads); ++i) {
    text += line_text(code_indent, plain[i]->line.text(), plain[i]->code, width);
  }
  if (plain.size() > most_reads) {
    text +=
        line_text(code_indent, "…", fmt::format("and {} more lines that read it", plain.size() - most_reads), width);
  }
  return text;
}

std::string rows_text(const Comparison& comparison, int width) {
  std::string text;
  const Row* last = nullptr;
  for (const Row& row : comparison.rows) {
    if (last == nullptr || last->group != row.group) text += fmt::format("\n{}\n", title_of(row.group));
    text += line_text(key_indent, row.key, values_text(row), width);
    text += code_text(row, width);
    last = &row;
  }
  return text;
}

std::string places_text(const PortFinding& finding) {
  std::string text;
  if (finding.reference_line) text += finding.reference_line->text();
  if (finding.port_line) text += (text.empty() ? "" : ", ") + finding.port_line->text();
  return text.empty() ? "" : fmt::format(" ({})", text);
}

std::string quiet_text(const std::string& text, int width) {
  return "  " + wrapped(printable(text), std::max(width - key_indent, 40), key_indent) + "\n";
}

// Findings of no weight, together on a few lines.
std::string short_findings(const PortReport& port, PortFault fault, bool takes_effect) {
  std::string text;
  for (const PortFinding& finding : port.findings) {
    if (finding.fault != fault || finding.takes_effect != takes_effect) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : " · ", finding.key, finding_text(finding));
  }
  return text;
}

std::string full_findings(const Comparison& comparison, PortFault fault, int width) {
  std::string text;
  for (const PortFinding& finding : comparison.port->findings) {
    if (finding.fault != fault || !finding.takes_effect) continue;
    std::string models;
    if (finding.models.size() < comparison.variants.size())
      models = fmt::format(" [{}]", fmt::join(finding.models, ", "));
    text += line_text(key_indent, finding.key,
                      fmt::format("{}{}{}", finding_text(finding), places_text(finding), models), width);
  }
  return text;
}

std::string port_text(const Comparison& comparison, int width) {
  const PortReport& port = *comparison.port;
  std::string text;
  for (const PortFault fault : {PortFault::ignored, PortFault::misnamed, PortFault::missing, PortFault::hard_wired,
                                PortFault::unset, PortFault::standard}) {
    if (const std::string found = full_findings(comparison, fault, width); !found.empty()) {
      text += fmt::format("\n{}\n{}", title_of(fault), found);
    }
  }
  if (const std::string quiet = short_findings(port, PortFault::standard, false); !quiet.empty()) {
    text += fmt::format("\ndefaults that disagree, without effect here: config.json sets the key\n{}",
                        quiet_text(quiet, width));
  }
  if (const std::string quiet = short_findings(port, PortFault::inert, true); !quiet.empty()) {
    text += fmt::format("\n{}\n{}", title_of(PortFault::inert), quiet_text(quiet, width));
  }
  return text;
}

std::string last_line(const Comparison& comparison) {
  const auto unread = static_cast<std::size_t>(std::ranges::count(comparison.rows, Group::unread, &Row::group));
  std::string text;
  if (comparison.variants.size() > 1) {
    text = fmt::format("{} keys differ, {} of them read by no code; {} are alike", comparison.rows.size(), unread,
                       comparison.equal);
  }
  if (!comparison.port) return text + "\n";
  const auto count = [&](PortFault fault) {
    return std::ranges::count_if(comparison.port->findings, [&](const PortFinding& finding) {
      return finding.fault == fault && finding.takes_effect;
    });
  };
  text += fmt::format(
      "{}{}: {} ignored, {} misnamed, {} it cannot have, {} hard-wired, {} set by nobody, {} defaults disagree",
      text.empty() ? "" : " · ", printable(comparison.port->file.filename().string()), count(PortFault::ignored),
      count(PortFault::misnamed), count(PortFault::missing), count(PortFault::hard_wired), count(PortFault::unset),
      count(PortFault::standard));
  return text + "\n";
}

}  // namespace

std::string to_text(const Comparison& comparison, int width) {
  std::string text = models_text(comparison) + rows_text(comparison, width);
  if (comparison.port) text += port_text(comparison, width);
  return text + "\n" + last_line(comparison);
}

}  // namespace portwright::diff
