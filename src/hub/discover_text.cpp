#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/amounts.hpp"
#include "base/terminal.hpp"
#include "hub/base_tree.hpp"
#include "hub/discover_report.hpp"

namespace portwright::hub {
namespace {

constexpr std::size_t shown_of_a_kind = 6;  // --json has all
constexpr std::size_t reasons_shown = 3;
constexpr std::size_t date_letters = 10;

using Row = std::vector<std::string>;

std::string aligned(const std::vector<Row>& rows, const std::string& indent) {
  std::vector<int> columns;
  for (const Row& row : rows) {
    columns.resize(std::max(columns.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) columns[i] = std::max(columns[i], columns_of(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = indent;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(static_cast<std::size_t>(columns[i] - columns_of(row[i])) + 2, ' ');
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string plural(std::size_t count, const std::string& word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

// What only a name says, or what is missing, carries a question mark.
bool is_weak(const Role& role) { return role.ground == Ground::name || role.ground == Ground::inferred; }

Row row_of(const Variant& variant) {
  const Facts& facts = variant.model.facts;
  const std::uint64_t parameters = facts.parameter_count();
  const std::uint64_t bytes = variant.model.download_bytes();
  return {variant.config,
          printable(facts.repo),
          variant.role.name + (is_weak(variant.role) ? "?" : ""),
          parameters == 0 ? "" : count_text(parameters),
          bytes == 0 ? "" : bytes_text(bytes),
          printable(variant.dtype) + (variant.dtype_source == "safetensors metadata" ? " (weights)" : ""),
          printable(facts.license) + (facts.gated.empty() ? "" : " (gated)"),
          facts.modified.substr(0, date_letters),
          facts.downloads ? count_text(*facts.downloads) : ""};
}

std::string mark_text(const Discovery& discovery) {
  const bool marked = std::ranges::any_of(discovery.variants, [](const Variant& one) { return is_weak(one.role); });
  return marked ? "  ? by its name, or by what the Hub does not tag\n" : "";
}

std::string variants_text(const Discovery& discovery) {
  if (discovery.variants.empty()) return "no canonical variant\n";
  std::vector<Row> rows{{"", "", "role", "params", "size", "dtype", "licence", "changed", "loads"}};
  for (const Variant& variant : discovery.variants) rows.push_back(row_of(variant));
  return aligned(rows, "  ") + mark_text(discovery);
}

std::string set_aside_text(const Discovery& discovery) {
  std::map<std::string, std::vector<const SetAside*>> kinds;
  for (const SetAside& one : discovery.set_aside) kinds[one.kind].push_back(&one);
  std::vector<Row> rows;
  for (const auto& [kind, all] : kinds) {
    for (std::size_t i = 0; i < std::min(all.size(), shown_of_a_kind); ++i) {
      const std::string ground = all[i]->ground == Ground::declared ? "" : fmt::format(" ({})", name(all[i]->ground));
      rows.push_back({i == 0 ? fmt::format("{} {}", all.size(), kind) : "", printable(all[i]->repo),
                      printable(all[i]->why) + ground});
    }
    if (all.size() > shown_of_a_kind) rows.push_back({"", fmt::format("… {} more", all.size() - shown_of_a_kind), ""});
  }
  return rows.empty() ? "" : "\nset aside\n" + aligned(rows, "  ");
}

void add_node(const BaseNode& node, int depth, std::vector<Row>& rows) {
  std::string derived;
  for (const auto& [kind, count] : node.derived) {
    derived += (derived.empty() ? "" : ", ") + plural(count, kind);
  }
  rows.push_back({std::string(static_cast<std::size_t>(depth) * 2, ' ') + printable(node.repo),
                  printable(node.relation) + (node.variant ? "" : "not among these"),
                  derived.empty() ? "" : "others made: " + derived});
  for (const BaseNode& child : node.children) add_node(child, depth + 1, rows);
}

std::string bases_text(const Discovery& discovery) {
  std::vector<Row> rows;
  for (const BaseNode& node : base_tree(discovery)) {
    if (!node.children.empty() || !node.derived.empty()) add_node(node, 0, rows);
  }
  return rows.empty() ? "" : "\ndeclared bases\n" + aligned(rows, "  ");
}

std::string reasons_of(const Suggested& suggested) {
  if (suggested.because.empty()) return "where configs differ, it is in sizes alone";
  std::string text = "the only one with ";
  for (std::size_t i = 0; i < std::min(suggested.because.size(), reasons_shown); ++i) {
    text += (i == 0 ? "" : ", ") + printable(suggested.because[i]);
  }
  if (suggested.because.size() > reasons_shown) {
    text += fmt::format(" and {} more", suggested.because.size() - reasons_shown);
  }
  return text;
}

std::string suggestion_text(const Discovery& discovery) {
  if (discovery.suggested.empty()) return "";
  const std::string text = fmt::format(
      "\n{} of {} {} every value that switches code, in {}{}\n", discovery.suggested.size(), discovery.variants.size(),
      discovery.suggested.size() == 1 ? "has" : "together have", plural(discovery.configs.size(), "distinct config"),
      discovery.smallest ? "" : " (a smaller set may exist)");
  std::vector<Row> rows;
  for (const Suggested& one : discovery.suggested) {
    const Variant& variant = discovery.variants[one.variant];
    rows.push_back({variant.config, printable(variant.model.facts.repo), bytes_text(variant.model.download_bytes()),
                    reasons_of(one)});
  }
  return text + aligned(rows, "  ");
}

// What could not be compared, and what to do: the gated ones in one line.
// What could not be compared, and what to do: the gated ones in one line.
std::vector<std::string> unread_lines(const Discovery& discovery) {
  std::string closed;
  std::vector<std::string> lines;
  for (const Variant& variant : discovery.variants) {
    const Facts& facts = variant.model.facts;
    if (!variant.config.empty()) continue;
    if (facts.gated.empty()) {
      lines.push_back(fmt::format("not compared: {}: {}", facts.repo, variant.model.config_unread));
    } else {
      closed += (closed.empty() ? "" : ", ") + facts.repo;
    }
  }
  if (!closed.empty()) {
    lines.push_back(
        fmt::format("not compared, their configs are gated: {}; accept the terms on their pages, then log "
                    "in with 'hf auth login' or set HF_TOKEN",
                    closed));
  }
  return lines;
}

// Where a config was read, if not in its own repository.
std::vector<std::string> lent_lines(const Discovery& discovery) {
  std::string text;
  for (const Variant& variant : discovery.variants) {
    if (variant.config_from.empty()) continue;
    text += fmt::format("{}{} from {}", text.empty() ? "" : ", ", variant.model.facts.repo, variant.config_from);
  }
  if (text.empty()) return {};
  return {"configs of closed repositories, read in mirrors with the same weights: " + text};
}

}  // namespace

std::string discovery_text(const Discovery& discovery, int width) {
  std::string text =
      fmt::format("{}: {} in {}, {} set aside, {} listed\n", printable(discovery.model_type),
                  plural(discovery.variants.size(), "variant"), plural(discovery.configs.size(), "distinct config"),
                  discovery.set_aside.size(), discovery.listed);
  text += variants_text(discovery) + set_aside_text(discovery) + bases_text(discovery) + suggestion_text(discovery);
  std::vector<std::string> last = lent_lines(discovery);
  for (std::string& line : unread_lines(discovery)) last.push_back(std::move(line));
  for (const std::string& note : discovery.notes) last.push_back("note: " + note);
  for (const std::string& line : last) text += wrapped(printable(line), width, 2) + "\n";
  return text;
}

}  // namespace portwright::hub
