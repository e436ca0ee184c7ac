#include "diff/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "source/literal.hpp"

namespace portwright::diff {
namespace {

constexpr std::size_t most_value = 90;

struct GroupWords {
  std::string_view name;
  std::string_view title;
};
constexpr std::array<GroupWords, 7> group_words{{{"rope", "RoPE parameters"},
                                                 {"layers", "layer types and windows"},
                                                 {"multipliers", "multipliers"},
                                                 {"dtype", "dtype"},
                                                 {"switches", "keys that switch a branch"},
                                                 {"others", "sizes and other keys that are read"},
                                                 {"unread", "keys that no code of the model reads"}}};
constexpr std::array<std::string_view, 4> origin_names{"file", "default", "computed", "absent"};

constexpr std::array<GroupWords, 7> fault_words{
    {{"ignored", "the reference needs, the port ignores"},
     {"misnamed", "the port reads it by another name than config.json has"},
     {"missing", "the port cannot have"},
     {"hard_wired", "the port ignores, right while the value stays the reference's default"},
     {"unset", "the port reads, and nobody sets"},
     {"default", "defaults that disagree"},
     {"inert", "the port ignores, and the value does nothing"}}};

std::string scalar_text(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string list_text(const Json& list) {
  std::string text;
  for (std::size_t i = 0; i < list.size() && text.size() < 2 * most_value;) {
    std::size_t same = 1;
    while (i + same < list.size() && list[i + same] == list[i]) ++same;
    text += (i == 0 ? "" : ", ") + scalar_text(list[i]) + (same > 1 ? fmt::format(" x{}", same) : "");
    i += same;
  }
  return fmt::format("[{}]", text);
}

// Indices of equal texts together, in the order of their first.
std::vector<std::pair<std::string, std::vector<std::size_t>>> grouped(const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> groups;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    auto found = std::ranges::find(groups, texts[i], [](const auto& group) { return group.first; });
    if (found == groups.end()) found = groups.insert(groups.end(), {texts[i], {}});
    found->second.push_back(i);
  }
  return groups;
}

std::string grouped_text(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& [text, variants] : grouped(texts)) {
    all += fmt::format("{}{}: {}", all.empty() ? "" : " · ", labels(variants, texts.size()), text);
  }
  return all;
}

std::string taken_word(const Taken& taken) {
  if (!taken.runs) return "";
  const source::Outcome& outcome = taken.outcome;
  const std::size_t all = outcome.taken + outcome.not_taken + outcome.unknown;
  if (all == 0 || outcome.unknown == all) return "cannot be told";
  if (outcome.taken == all) return "taken";
  if (outcome.not_taken == all) return "not taken";
  return fmt::format("taken in {} of {} layers", outcome.taken, all);
}

}  // namespace

std::string title_of(Group group) { return std::string(group_words.at(static_cast<std::size_t>(group)).title); }
std::string name_of(Group group) { return std::string(group_words.at(static_cast<std::size_t>(group)).name); }
std::string name_of(Origin origin) { return std::string(origin_names.at(static_cast<std::size_t>(origin))); }
std::string name_of(PortFault fault) { return std::string(fault_words.at(static_cast<std::size_t>(fault)).name); }
std::string title_of(PortFault fault) { return std::string(fault_words.at(static_cast<std::size_t>(fault)).title); }

std::string value_text(const Json& value) {
  const std::string text = value.is_array()    ? list_text(value)
                           : value.is_object() ? value.dump(-1, ' ', false, Json::error_handler_t::replace)
                                               : scalar_text(value);
  return source::on_one_line(text.empty() ? "\"\"" : text, most_value);
}

std::string setting_text(const Setting& setting) {
  const std::string value = value_text(setting.value);
  switch (setting.origin) {
    case Origin::absent:
      return "—";
    case Origin::standard:
      return value + " (default)";
    case Origin::computed:
      return fmt::format("{} = {} ({})", setting.known ? value : "?", source::on_one_line(setting.expression, 70),
                         setting.line.text());
    case Origin::file:
      break;
  }
  return setting.written_as.empty() ? value : fmt::format("{} (as {})", value, setting.written_as);
}

std::string label(std::size_t variant) {
  std::string text(1, static_cast<char>('A' + variant % 26));
  return variant < 26 ? text : text + std::to_string(variant / 26 + 1);
}

std::string labels(const std::vector<std::size_t>& variants, std::size_t of) {
  if (variants.size() == of && of > 2) return "all";
  std::string text;
  for (std::size_t i = 0; i < variants.size();) {
    std::size_t run = 1;
    while (i + run < variants.size() && variants[i + run] == variants[i] + run) ++run;
    if (!text.empty()) text += ",";
    text += label(variants[i]);
    if (run == 2) text += "," + label(variants[i + 1]);
    if (run > 2) text += "-" + label(variants[i + run - 1]);
    i += run;
  }
  return text;
}

std::string values_text(const Row& row) {
  std::vector<std::string> texts;
  for (const Setting& setting : row.settings) texts.push_back(setting_text(setting));
  return grouped_text(texts);
}

std::string taken_text(const Decision& decision) {
  std::vector<std::string> texts;
  for (const Taken& taken : decision.taken) texts.push_back(taken_word(taken));
  return grouped_text(texts);
}

std::string picks_text(const Picked& picked) { return grouped_text(picked.entries); }

std::string finding_text(const PortFinding& finding) {
  const std::string expression =
      finding.expression.empty() ? "" : fmt::format("= {}", source::on_one_line(finding.expression, 60));
  const std::string value = finding.reference_value ? value_text(*finding.reference_value) : expression;
  std::string text;
  switch (finding.fault) {
    case PortFault::ignored:
    case PortFault::hard_wired:
    case PortFault::inert:
      text = value.empty() ? "?" : value;
      break;
    case PortFault::misnamed:
      text = fmt::format("{}, but the port reads {}", value, finding.port_key);
      if (finding.port_value) text += fmt::format(" and gets {}", value_text(*finding.port_value));
      break;
    case PortFault::missing:
      break;
    case PortFault::unset:
      text = finding.port_value ? fmt::format("always {}", value_text(*finding.port_value)) : "";
      break;
    case PortFault::standard:
      text = fmt::format("reference {}, port {}{}", value, value_text(finding.port_value.value_or(Json())),
                         finding.port_key.empty() ? "" : fmt::format(" (as {})", finding.port_key));
      break;
  }
  if (!finding.note.empty()) text += (text.empty() ? "" : "; ") + finding.note;
  return text;
}

}  // namespace portwright::diff
