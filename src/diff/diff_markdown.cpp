#include <fmt/format.h>

#include <algorithm>

#include "diff/diff_text.hpp"
#include "diff/words.hpp"
#include "report/markdown.hpp"

namespace portwright::diff {
namespace {

using report::MarkdownTable;
using report::md_code;
using report::md_text;

constexpr std::size_t most_columns = 5;  // models beside one another; more are grouped by value

std::string place_md(const Place& place) { return md_code(place.line.text()) + " " + md_code(place.code); }

std::vector<std::string> cells_of(const Row& row, std::size_t variants) {
  std::vector<std::string> cells{md_code(row.key)};
  if (variants > most_columns) {
    cells.push_back(md_text(values_text(row)));
  } else {
    for (const Setting& setting : row.settings) cells.push_back(md_text(setting_text(setting)));
  }
  return cells;
}

std::string code_md(const Row& row) {
  std::string text;
  for (const Decision& decision : row.decisions) {
    text += fmt::format("- {}: {}\n", place_md(decision.place), md_text(taken_text(decision)));
  }
  for (const Picked& picked : row.picks) {
    text += fmt::format("- {}: {}\n", place_md(picked.place), md_text(picks_text(picked)));
  }
  for (const Place& read : row.reads) text += fmt::format("- {}\n", place_md(read));
  return text;
}

std::string group_md(const Comparison& comparison, Group group) {
  const std::size_t variants = comparison.variants.size();
  std::vector<std::string> titles{"key"};
  if (variants > most_columns) {
    titles.emplace_back("values");
  } else {
    for (std::size_t i = 0; i < variants; ++i) titles.push_back(label(i));
  }
  MarkdownTable table(titles);
  std::string code;
  for (const Row& row : comparison.rows) {
    if (row.group != group) continue;
    table.row(cells_of(row, variants));
    if (const std::string lines = code_md(row); !lines.empty())
      code += fmt::format("{}\n\n{}\n", md_code(row.key), lines);
  }
  if (table.empty()) return "";
  return fmt::format("## {}\n\n{}\n{}", title_of(group), table.text(), code);
}

std::string port_md(const Comparison& comparison) {
  std::string text = fmt::format("## What {} makes of it\n\n", md_code(comparison.port->file.filename().string()));
  MarkdownTable table({"key", "finding", "what", "reference", "port", "models"});
  for (const PortFinding& finding : comparison.port->findings) {
    const std::string title = title_of(finding.fault) + (finding.takes_effect ? "" : ", without effect here");
    std::string models;
    for (const std::string& model : finding.models) models += (models.empty() ? "" : ", ") + md_code(model);
    table.row({md_code(finding.key), md_text(title), md_text(finding_text(finding)),
               finding.reference_line ? md_code(finding.reference_line->text()) : "",
               finding.port_line ? md_code(finding.port_line->text()) : "", models});
  }
  return text + (table.empty() ? std::string("Nothing to say.\n") : table.text());
}

}  // namespace

std::string to_markdown(const Comparison& comparison) {
  std::string text = "# Configs beside one another\n\n";
  for (std::size_t i = 0; i < comparison.variants.size(); ++i) {
    const Variant& variant = comparison.variants[i];
    text += fmt::format("- {}: {}, model type {}\n", label(i), md_code(variant.name), md_code(variant.model_type));
  }
  text += "\n";
  for (const Group group :
       {Group::rope, Group::layers, Group::multipliers, Group::dtype, Group::switches, Group::others, Group::unread}) {
    text += group_md(comparison, group);
  }
  if (comparison.port) text += port_md(comparison);
  return text;
}

}  // namespace portwright::diff
