#include "base/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "base/utf8.hpp"

namespace portwright {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

std::optional<int> columns_variable() {
  const std::string_view text = variable("COLUMNS");
  int columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  if (error != std::errc{} || end != text.data() + text.size() || columns <= 0) return std::nullopt;
  return columns;
}

std::optional<int> window_columns(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

bool is_control(std::uint32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

// Marks that turn the direction of writing can make a line read as something it does not say.
bool turns_direction(std::uint32_t point) {
  return point == 0x061C || point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069);
}

// The longest beginning of `text` within `width` columns; at least one character, so that a loop over it ends.
std::string_view fitting(std::string_view text, int width) {
  std::size_t taken = 0;
  int columns = 0;
  while (taken < text.size()) {
    const Character character = first_character(text.substr(taken));
    columns += columns_of(character);
    if (columns > width && taken > 0) break;
    taken += character.bytes.size();
  }
  return text.substr(0, taken);
}

// What of a long word goes on this line: paths break after a folder, dotted names after a part.
std::string_view first_piece(std::string_view word, int width) {
  const std::string_view piece = fitting(word, width);
  for (const char separator : {'/', '.'}) {
    const std::size_t at = piece.rfind(separator);
    if (at != std::string_view::npos && at > 0) return piece.substr(0, at + 1);
  }
  return piece;
}

}  // namespace

Terminal terminal_of(int descriptor) {
  const bool is_terminal = ::isatty(descriptor) == 1;
  const bool dumb = variable("TERM") == "dumb";
  constexpr int usual_width = 80;
  const int width = (is_terminal ? window_columns(descriptor) : columns_variable()).value_or(usual_width);
  return {.interactive = is_terminal && !dumb,
          .colour = is_terminal && !dumb && variable("NO_COLOR").empty(),
          .width = width};
}

std::string printable(std::string_view text, bool keep_lines) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    text.remove_prefix(character.bytes.size());
    if (character.point == '\n' && keep_lines) {
      shown += '\n';
    } else if (!character.valid) {
      shown += "\xEF\xBF\xBD";
    } else if (is_control(character.point) || turns_direction(character.point)) {
      shown += ' ';
    } else {
      shown += character.bytes;
    }
  }
  return shown;
}

int columns_of(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    columns += columns_of(character);
    text.remove_prefix(character.bytes.size());
  }
  return columns;
}

std::string wrapped(std::string_view text, int width, int indent) {
  // Where the indent leaves no room, words still need some: such a line is as narrow as it can be made.
  constexpr int narrowest = 8;
  indent = std::max(0, std::min(indent, width - narrowest));
  std::string result;
  int used = 0;
  bool line_is_empty = true;
  const auto new_line = [&] {
    result += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
    used = indent;
    line_is_empty = true;
  };
  for (std::size_t at = text.find_first_not_of(' '); at != std::string_view::npos;
       at = text.find_first_not_of(' ', at)) {
    std::string_view word = text.substr(at, text.find(' ', at) - at);
    at += word.size();
    if (!line_is_empty && used + 1 + columns_of(word) > width) new_line();
    if (!line_is_empty) {
      result += ' ';
      ++used;
    }
    while (columns_of(word) > width - used) {
      const std::string_view piece = first_piece(word, width - used);
      result += piece;
      word.remove_prefix(piece.size());
      if (word.empty()) break;
      new_line();
    }
    result += word;
    used += columns_of(word);
    line_is_empty = false;
  }
  return result;
}

std::string shortened(std::string_view text, int width) {
  if (columns_of(text) <= width) return std::string(text);
  if (width <= 0) return {};
  if (width == 1) return "…";
  return std::string(fitting(text, width - 1)) + "…";
}

}  // namespace portwright
