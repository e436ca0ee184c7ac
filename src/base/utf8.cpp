#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace portwright {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Unicode's East_Asian_Width W and F, and its combining marks, as far as names of models and texts in records hold
// them.
constexpr std::array<Range, 14> wide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0x33FF},
                                      {0x3400, 0x4DBF},
                                      {0x4E00, 0x9FFF},
                                      {0xA000, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1F64F},
                                      {0x1F900, 0x1F9FF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 7> combining{{{0x0300, 0x036F},
                                          {0x1AB0, 0x1AFF},
                                          {0x1DC0, 0x1DFF},
                                          {0x200B, 0x200F},
                                          {0x20D0, 0x20FF},
                                          {0xFE00, 0xFE0F},
                                          {0xFE20, 0xFE2F}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, std::uint32_t point) {
  return std::ranges::any_of(ranges,
                             [point](const Range& range) { return range.first <= point && point <= range.last; });
}

}  // namespace

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const Character broken{text.substr(0, 1), 0xFFFD, false};
  const unsigned char lead = byte(0);
  if (lead < 0x80U) return {text.substr(0, 1), lead, true};

  const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  if (lead < 0xC2U || lead > 0xF4U || text.size() < length) return broken;
  std::uint32_t point = lead & (0xFFU >> (length + 1));
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xC0U) != 0x80U) return broken;
    point = (point << 6U) | (byte(index) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < smallest.at(length) || surrogate || point > 0x10FFFF) return broken;
  return {text.substr(0, length), point, true};
}

int line_that_is_no_text(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid) return line;
    line += character.point == '\n' ? 1 : 0;
    text.remove_prefix(character.bytes.size());
  }
  return 0;
}

int columns_of(const Character& character) {
  if (within(combining, character.point)) return 0;
  return within(wide, character.point) ? 2 : 1;
}

}  // namespace portwright
