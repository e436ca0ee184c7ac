// Characters of UTF-8 text and the columns a terminal gives them.
#pragma once

#include <cstdint>
#include <string_view>

namespace portwright {

struct Character {
  std::string_view bytes;        // of the text it was read from
  std::uint32_t point = 0xFFFD;  // U+FFFD for a byte that begins no valid character
  bool valid = false;
};

// The first character of a text that is not empty.
[[nodiscard]] Character first_character(std::string_view text);

// The first line, from 1, with a byte that is no UTF-8; 0 where there is none.
[[nodiscard]] int line_that_is_no_text(std::string_view text);

// 0 for marks that combine with what stands before them, 2 for wide East Asian characters and emoji, else 1.
[[nodiscard]] int columns_of(const Character& character);

}  // namespace portwright
