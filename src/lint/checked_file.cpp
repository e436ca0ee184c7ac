#include "lint/checked_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "base/terminal.hpp"
#include "base/utf8.hpp"
#include "lint/port.hpp"

namespace portwright::lint {
namespace {

using source::Place;

constexpr std::size_t most_before_caret = 60;
constexpr std::size_t most_after_caret = 40;

std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

int characters(std::string_view text) {
  int count = 0;
  while (!text.empty()) {
    text.remove_prefix(first_character(text).bytes.size());
    ++count;
  }
  return count;
}

std::string with_caret(std::string_view line, std::size_t column) {
  const std::size_t at = std::min(column - 1, line.size());
  const std::size_t begin = at > most_before_caret ? at - most_before_caret : 0;
  const std::string before = printable(line.substr(begin, at - begin));
  return fmt::format("{}{}\n{:>{}}", before, printable(line.substr(at, most_after_caret)), "^", columns_of(before) + 1);
}

struct Mistake {
  Place place;
  std::string sentence;
};

// What no Python takes before it looks at grammar: bytes that are no UTF-8, and zeros.
std::optional<Mistake> wrong_byte(std::string_view text) {
  Place place{1, 1};
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid) return Mistake{place, "a byte here is no UTF-8"};
    if (character.point == 0) return Mistake{place, "there is a zero byte here"};
    const bool new_line = character.point == '\n';
    place.line += new_line ? 1 : 0;
    place.column = new_line ? 1 : place.column + static_cast<int>(character.bytes.size());
    text.remove_prefix(character.bytes.size());
  }
  return std::nullopt;
}

std::optional<Mistake> mistake_in(const Port& port) {
  if (const auto wrong = wrong_byte(port.syntax().text())) return wrong;
  if (const auto place = port.syntax().mistake()) return Mistake{*place, "this is no Python"};
  for (const char* kind : {"print_statement", "exec_statement"}) {  // of Python 2, which the grammar also knows
    if (const auto old = port.tree().all(kind); !old.empty())
      return Mistake{old.front().place(), "this is no Python 3"};
  }
  if (port.tree().too_deep()) {
    return Mistake{{1, 1}, fmt::format("nested more than {} levels deep: not looked at", source::FlatTree::most_depth)};
  }
  return std::nullopt;
}

// `# portwright: ignore` and `# portwright: ignore[rule, rule]`.
bool is_ignored(std::string_view comment, std::string_view rule) {
  constexpr std::string_view mark = "portwright: ignore";
  const std::size_t at = comment.find(mark);
  if (at == std::string_view::npos) return false;
  const std::string_view after = comment.substr(at + mark.size());
  if (!after.starts_with('[')) return true;
  std::string_view list = after.substr(1, after.find(']') - 1);
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == rule) return true;
  }
  return false;
}

Finding finding(const Port& port, const Rule& rule, Spot spot) {
  const std::string_view line = line_of(port.syntax().text(), spot.place.line);
  const auto bytes = static_cast<std::size_t>(spot.place.column) - 1;
  return {&rule,
          port.file(),
          spot.place.line,
          characters(line.substr(0, bytes)) + 1,
          std::move(spot.sentence),
          std::move(spot.fix),
          ""};
}

void leave_out_ignored(const Port& port, std::vector<Finding>& findings) {
  for (const Item& comment : port.tree().all("comment")) {
    const int line = comment.place().line;
    std::erase_if(findings,
                  [&](const Finding& one) { return one.line == line && is_ignored(comment.text(), one.rule->id); });
  }
}

}  // namespace

Result<CheckedFile> checked(Library& library, const std::filesystem::path& file,
                            const std::vector<const Rule*>& rules) {
  const auto opened = library.open(file);
  if (!opened) return tl::unexpected<Error>(opened.error());
  const Port& port = **opened;
  CheckedFile result;
  if (const auto mistake = mistake_in(port)) {
    result.port = true;
    const Rule* syntax = rule_named("syntax");
    if (std::ranges::find(rules, syntax) == rules.end()) return result;
    Finding found = finding(port, *syntax, {mistake->place, mistake->sentence, ""});
    found.detail =
        with_caret(line_of(port.syntax().text(), mistake->place.line), static_cast<std::size_t>(mistake->place.column));
    result.findings.push_back(std::move(found));
    return result;
  }
  result.port = port.gives("Model") || port.gives("ModelArgs");
  if (!result.port) return result;
  for (const Rule* rule : rules) {
    if (rule->find == nullptr) continue;
    for (Spot& spot : rule->find(port)) result.findings.push_back(finding(port, *rule, std::move(spot)));
  }
  leave_out_ignored(port, result.findings);
  const auto place = [](const Finding& one) { return std::tuple(one.line, one.column, one.rule->id); };
  std::ranges::sort(result.findings, {}, place);
  const auto again = std::ranges::unique(result.findings, {}, place);
  result.findings.erase(again.begin(), again.end());
  return result;
}

}  // namespace portwright::lint
