// What the terminal can show.
#pragma once

#include <string>
#include <string_view>

namespace portwright {

struct Terminal {
  bool interactive = false;  // a live line may be redrawn
  bool colour = false;       // a terminal, no NO_COLOR, TERM is not "dumb"
  int width = 80;            // columns; COLUMNS wins where it is not a terminal
};

[[nodiscard]] Terminal terminal_of(int descriptor);

// Text that is safe to print: control characters (escape sequences begin with one) and marks that turn the direction of
// writing become spaces, bytes that are no UTF-8 become U+FFFD. Line breaks stay where `keep_lines` says so.
[[nodiscard]] std::string printable(std::string_view text, bool keep_lines = false);

// Terminal columns of UTF-8 text without escape sequences.
[[nodiscard]] int columns_of(std::string_view text);
// Breaks at spaces to at most `width` columns; lines after the first begin with `indent` spaces. A word that is too
// long for a line is broken, after a '/' or a '.' where there is one.
[[nodiscard]] std::string wrapped(std::string_view text, int width, int indent);
// The beginning of the text that fits, with "…" as its last column where something was cut.
[[nodiscard]] std::string shortened(std::string_view text, int width);

}  // namespace portwright
