#include "report/markdown.hpp"

#include <algorithm>

#include "base/terminal.hpp"

namespace portwright::report {
namespace {

constexpr std::string_view nothing = "<!-- -->";  // parts what GitHub would read as one: "@name", "#1", "https://"

bool is_name_character(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

std::size_t longest_run(std::string_view text, char byte) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char each : text) {
    run = each == byte ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// A bar ends a cell, within code as well, unless a backslash stands before it.
std::string with_bars_kept(const std::string& cell) {
  std::string text;
  for (const char byte : cell) {
    if (byte == '|' && !text.ends_with('\\')) text += '\\';
    text += byte;
  }
  return text;
}

std::string row_of(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) text += " " + with_bars_kept(cell) + (cell.empty() ? "|" : " |");
  return text + "\n";
}

}  // namespace

std::string md_text(std::string_view text) {
  const std::string line = printable(text);
  std::string result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char byte = line[i];
    const bool before_name = i + 1 < line.size() && is_name_character(line[i + 1]);
    const bool within_name = before_name && i > 0 && is_name_character(line[i - 1]);
    switch (byte) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '_':
        // Between letters it is no markup, and names full of backslashes are hard to read in the file itself.
        result += within_name ? "_" : "\\_";
        break;
      case '\\':
      case '`':
      case '*':
      case '[':
      case ']':
      case '|':
      case '~':
      case '$':
        result += '\\';
        result += byte;
        break;
      case '@':
      case '#':
        result += byte;
        if (before_name) result += nothing;
        break;
      case ':':
        result += byte;
        if (line.compare(i, 3, "://") == 0) result += nothing;
        break;
      default:
        result += byte;
    }
  }
  // At the beginning of a line these open a list, a heading or a quotation.
  if (!result.empty() && (result[0] == '-' || result[0] == '+' || result[0] == '#' || result[0] == '=')) {
    result.insert(0, "\\");
  }
  return result;
}

std::string md_code(std::string_view text) {
  std::string line = printable(text);
  if (line.find_first_not_of(' ') == std::string::npos) return {};
  const std::string fence(longest_run(line, '`') + 1, '`');
  const std::string_view space = line.front() == '`' || line.back() == '`' ? " " : "";
  return fence + std::string(space) + line + std::string(space) + fence;
}

std::string md_block(std::string_view text, std::string_view language) {
  std::string lines = printable(text, true);
  while (!lines.empty() && lines.back() == '\n') lines.pop_back();
  const std::string fence(std::max<std::size_t>(3, longest_run(lines, '`') + 1), '`');
  return fence + std::string(language) + "\n" + lines + "\n" + fence + "\n";
}

MarkdownTable::MarkdownTable(const std::vector<std::string>& titles)
    : text_(row_of(titles) + row_of(std::vector<std::string>(titles.size(), "---"))) {}

void MarkdownTable::row(const std::vector<std::string>& cells) {
  text_ += row_of(cells);
  ++rows_;
}

std::string md_folded(std::string_view title, std::string_view body) {
  if (body.empty()) return {};
  // The empty lines make GitHub read what is inside as Markdown.
  return "<details>\n<summary>" + md_text(title) + "</summary>\n\n" + std::string(body) + "\n</details>\n";
}

}  // namespace portwright::report
