// parse_json: nlohmann's parser, with an error that a person can act on, and Python's words for numbers that are not
// finite.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/build_json.hpp"
#include "base/files.hpp"

namespace portwright {
namespace {

// Python's json module writes NaN, Infinity and -Infinity, which JSON does not have; published config.json files hold
// them (time_step_limit of mamba2). They become the strings that the probe protocol uses.
struct NotFinite {
  std::string_view python;
  std::string_view string;
};
constexpr std::array<NotFinite, 3> words{{{"-Infinity", "\"-inf\""}, {"Infinity", "\"inf\""}, {"NaN", "\"nan\""}}};

// Text in which the words are replaced, and where it grew, so that a position can be traced back.
struct Replaced {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> shifts;  // position in `text`, bytes added up to there

  [[nodiscard]] std::size_t original(std::size_t position) const {
    std::size_t added = 0;
    for (const auto& [from, sum] : shifts) {
      if (from < position) added = sum;
    }
    return position - added;
  }
};

const NotFinite* word_at(std::string_view text, std::size_t position) {
  for (const NotFinite& word : words) {
    if (text.substr(position, word.python.size()) == word.python) return &word;
  }
  return nullptr;
}

Replaced replace_words(std::string_view text) {
  Replaced result;
  result.text.reserve(text.size());
  std::size_t added = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const NotFinite* word = in_string ? nullptr : word_at(text, i);
    if (word == nullptr) {
      if (text[i] == '"') in_string = !in_string;
      if (in_string && text[i] == '\\' && i + 1 < text.size()) result.text += text[i++];
      result.text += text[i++];
      continue;
    }
    result.text += word->string;
    if (word->string.size() < word->python.size()) {
      result.text.append(word->python.size() - word->string.size(), ' ');
    } else if (word->string.size() > word->python.size()) {
      added += word->string.size() - word->python.size();
      result.shifts.emplace_back(result.text.size(), added);
    }
    i += word->python.size();
  }
  return result;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return !continues_character(byte); }));
}

std::size_t to_character_start(std::string_view text, std::size_t position) {
  while (position > 0 && position < text.size() && continues_character(text[position])) --position;
  return position;
}

// The line around `at` (a byte in it), cut to what fits a terminal, and a caret below.
std::string caret_lines(std::string_view line, std::size_t at) {
  constexpr std::size_t most = 76;
  constexpr std::size_t before_caret = 40;
  std::size_t from = 0;
  if (line.size() > most && at > before_caret) from = to_character_start(line, at - before_caret);
  const std::size_t to = to_character_start(line, std::min(line.size(), from + most));

  std::string shown(line.substr(from, to - from));
  std::ranges::replace_if(
      shown, [](char byte) { return static_cast<unsigned char>(byte) < 0x20U || byte == '\x7f'; }, ' ');
  std::size_t indent = characters(line.substr(from, at - from));
  if (from > 0) {
    shown.insert(0, "…");
    ++indent;
  }
  if (to < line.size()) shown += "…";
  return shown + "\n" + std::string(indent, ' ') + "^";
}

// The parser stops at the last byte of a string that should not be there; its first byte is what a person looks for.
std::size_t string_start(std::string_view text, std::size_t closing_quote) {
  std::size_t position = closing_quote;
  while (position > 0) {
    --position;
    if (text[position] == '\n') break;
    if (text[position] != '"') continue;
    std::size_t backslashes = 0;
    while (backslashes < position && text[position - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return position;
  }
  return closing_quote;
}

// "syntax error while parsing object key - unexpected '}'; expected string literal" out of the exception's long text.
std::string reason_of(std::string_view what) {
  std::size_t start = what.find("] ");
  start = start == std::string_view::npos ? 0 : start + 2;
  std::string_view text = what.substr(start);
  if (const std::size_t colon = text.find(": "); text.starts_with("parse error") && colon != std::string_view::npos) {
    text.remove_prefix(colon + 2);
  }
  const std::size_t last_read = text.find("; last read: ");
  const std::size_t expected = text.rfind("; expected ");
  std::string reason(text.substr(0, std::min(last_read, expected)));
  if (expected != std::string_view::npos) reason += text.substr(expected);
  return reason;
}

tl::unexpected<Error> located(std::string_view text, std::size_t position, const std::string& origin,
                              const std::string& reason) {
  position = to_character_start(text, std::min(position, text.size()));
  const std::string_view before = text.substr(0, position);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const auto line_number = std::ranges::count(before, '\n') + 1;
  std::string_view line = text.substr(line_start, text.find('\n', line_start) - line_start);
  if (line.ends_with('\r') && position < line_start + line.size()) line.remove_suffix(1);
  const std::size_t column = characters(before.substr(line_start)) + 1;
  return fail(Fault::input, fmt::format("{}:{}:{}: not valid JSON: {}", origin, line_number, column, reason),
              "mend the file at that place, or fetch it again", caret_lines(line, position - line_start));
}

}  // namespace

Result<Json> parse_json(std::string_view text, const std::string& origin) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (std::ranges::all_of(text,
                          [](char byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; })) {
    return fail(Fault::input, origin + " is empty where JSON was expected", "fetch or write the file again");
  }

  std::optional<Replaced> replaced;
  if (text.find("Infinity") != std::string_view::npos || text.find("NaN") != std::string_view::npos) {
    replaced = replace_words(text);
  }
  const std::string_view parsed = replaced ? std::string_view(replaced->text) : text;
  auto built = build_json(parsed);
  if (built) return std::move(*built);
  const JsonMistake& mistake = built.error();
  if (mistake.what.empty()) {
    return fail(Fault::input, fmt::format("{}: its JSON is nested deeper than {} levels", origin, deepest_json),
                "fetch the file again");
  }
  const std::string reason = reason_of(mistake.what);
  // A number no double can hold; the library gives no position.
  if (mistake.byte == 0) {
    return fail(Fault::input, fmt::format("{}: not valid JSON: {}", origin, reason),
                "mend the number, or fetch the file again");
  }
  std::size_t position = mistake.byte - 1;
  if (reason.find("unexpected string literal") != std::string::npos) position = string_start(parsed, position);
  return located(text, replaced ? replaced->original(position) : position, origin, reason);
}

}  // namespace portwright
