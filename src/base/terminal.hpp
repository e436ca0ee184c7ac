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

// Terminal columns of UTF-8 text without escape sequences.
[[nodiscard]] int columns_of(std::string_view text);
// Breaks at spaces to at most `width` columns; lines after the first begin with `indent` spaces.
[[nodiscard]] std::string wrapped(std::string_view text, int width, int indent);

}  // namespace portwright
