#include "report/zoo_table.hpp"

#include <fmt/format.h>

#include <array>

#include "base/terminal.hpp"
#include "report/markdown.hpp"
#include "report/words.hpp"

namespace portwright::report {
namespace {

using results::Verdict;
using results::ZooRecord;
using results::ZooRow;

constexpr std::array in_order{Verdict::pass, Verdict::fail, Verdict::inconclusive, Verdict::not_compared,
                              Verdict::error};

std::string over_floor(const ZooRow& row) {
  if (!row.over_floor) return "";
  return *row.over_floor < 100 ? fmt::format("{:.1f}", *row.over_floor) : fmt::format("{:.1e}", *row.over_floor);
}

std::string counts(const ZooRecord& zoo) {
  std::string text;
  for (const Verdict verdict : in_order) {
    const auto count = std::ranges::count(zoo.rows, verdict, &ZooRow::verdict);
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, results::name(verdict));
  }
  return text;
}

std::string versions(const ZooRecord& zoo) {
  std::string text;
  for (const char* name : {"transformers", "mlx_lm", "mlx", "torch"}) {
    const std::string version = zoo.environment.value(name, "");
    if (!version.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, version);
  }
  return text;
}

std::string where(const ZooRow& row) {
  if (row.culprit.empty()) return "";
  return md_code(row.culprit) + (row.port_line.empty() ? "" : " " + md_text(row.port_line));
}

}  // namespace

std::string zoo_line(const ZooRow& row) {
  std::string line = fmt::format("{:<20} {:<18} {:<13} {:>8} {:>6.1f} s", row.id, row.port, results::name(row.verdict),
                                 over_floor(row), row.seconds);
  if (row.verdict != Verdict::pass) {
    for (const std::string& part : {row.culprit, row.port_line, row.when, row.reason}) {
      if (!part.empty()) line += "  " + printable(part);
    }
  }
  return line + "\n";
}

std::string zoo_summary(const ZooRecord& zoo) {
  return fmt::format("{} measured: {} · {:.0f} s\n", zoo.rows.size(), counts(zoo), zoo.seconds);
}

std::string zoo_markdown(const ZooRecord& zoo) {
  std::string text = "# The zoo\n\n";
  text +=
      "Every model type that transformers and mlx-lm both have, measured on its synthetic checkpoint: random weights, "
      "constants away from their defaults. Written by `portwright zoo --table`; what the fails are is in "
      "[zoo-findings.md](zoo-findings.md).\n\n";
  text += fmt::format("Measured with {} at effort {}, seed {}: {}.\n\n", versions(zoo),
                      zoo.settings.value("effort", "default"), zoo.settings.value("seed", 0), counts(zoo));
  text +=
      "*Error over floor*: the error of the port's float32 logits against a float64 reference, over what the "
      "reference's own float32 shows; correct ports sit near 1.\n\n";
  MarkdownTable table({"type", "port", "verdict", "error over floor", "where", "when"});
  for (const ZooRow& row : zoo.rows) {
    table.row({md_code(row.id), md_code(row.port), std::string(results::name(row.verdict)), over_floor(row), where(row),
               md_text(row.when)});
  }
  text += table.text() + "\n## Reasons\n\n";
  MarkdownTable reasons({"type", "verdict", "reason"});
  for (const ZooRow& row : zoo.rows) {
    if (row.verdict == Verdict::pass) continue;
    reasons.row({md_code(row.id), std::string(results::name(row.verdict)), md_text(row.reason)});
  }
  return text + reasons.text();
}

}  // namespace portwright::report
