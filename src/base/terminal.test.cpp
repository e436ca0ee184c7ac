#include "base/terminal.hpp"

#include <doctest/doctest.h>

#include <sstream>

namespace portwright {
namespace {

int widest_line(const std::string& text) {
  std::istringstream lines(text);
  int widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, columns_of(line));
  return widest;
}

}  // namespace

TEST_CASE("columns are those of a terminal, not bytes") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("rope") == 4);
  CHECK(columns_of("a · b") == 5);
  CHECK(columns_of("模型") == 4);
  CHECK(columns_of("e\xCC\x81") == 1);  // e and a combining accent
  CHECK(columns_of("\xFF\xFE") == 2);   // no UTF-8: a replacement character for each byte
}

TEST_CASE("text is broken at spaces and never wider than asked") {
  CHECK(wrapped("one two three", 80, 4) == "one two three");
  CHECK(wrapped("one two three", 7, 0) == "one two\nthree");
  CHECK(wrapped("one two three", 12, 2) == "one two\n  three");
  CHECK(wrapped("", 10, 2).empty());
  CHECK(wrapped("   ", 10, 2).empty());
}

TEST_CASE("a word longer than a line is broken, at a separator where there is one") {
  CHECK(wrapped("runs/parity.modules/repro.py", 16, 0) == "runs/\nparity.modules/\nrepro.py");
  CHECK(wrapped("abcdefghijkl", 10, 0) == "abcdefghij\nkl");
  for (const int width : {9, 20, 60}) {
    const std::string text =
        wrapped("see python runs/a-very-long-name/模型模型模型模型模型模型/repro.py for it", width, 4);
    CHECK(widest_line(text) <= width);
  }
}

TEST_CASE("an indent as wide as the terminal leaves room for words") {
  CHECK(widest_line(wrapped("some words to break", 12, 40)) <= 12);
}

TEST_CASE("nothing that a port prints can steer the terminal") {
  CHECK(printable("\x1b[2Jred\x07") == " [2Jred ");
  CHECK(printable("a\nb\tc") == "a b c");
  CHECK(printable("a\nb", true) == "a\nb");
  CHECK(printable("\xC2\x9B"
                  "2J") == " 2J");  // the one-byte form of an escape sequence's beginning
  // Right-to-left override. NOLINTNEXTLINE(misc-misleading-bidirectional)
  CHECK(printable("pass\xE2\x80\xAEliaf") == "pass liaf");
  CHECK(printable("\xFF") == "\xEF\xBF\xBD");
  CHECK(printable("\xE2\x82") == "\xEF\xBF\xBD\xEF\xBF\xBD");  // a character cut in half
  CHECK(printable("é · 模型") == "é · 模型");
}

TEST_CASE("shortened text says that something is missing") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened("longer", 5) == "long…");
  CHECK(shortened("模型模型", 5) == "模型…");
  CHECK(shortened("x", 0).empty());
}

TEST_CASE("what is no terminal is neither redrawn nor coloured") {
  const Terminal terminal = terminal_of(-1);
  CHECK_FALSE(terminal.interactive);
  CHECK_FALSE(terminal.colour);
  CHECK(terminal.width > 0);
}

}  // namespace portwright
