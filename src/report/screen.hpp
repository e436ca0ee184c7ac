// Lines of text for a terminal of some width, in colour where it has any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/terminal.hpp"
#include "results/verdict.hpp"

namespace portwright::report {

class Screen {
 public:
  explicit Screen(const Terminal& terminal);

  enum class Colour { none, good, bad, broken, open, faint, strong };
  [[nodiscard]] static Colour colour_of(results::Verdict verdict);

  struct Label {
    std::string text;
    int columns = 0;  // it is padded to
    Colour colour = Colour::none;
  };

  // Labels one after the other, then text wrapped beside them. Where too little room is left beside them, the text
  // follows below. At most `most_lines` lines of text, the last one cut with "…"; 0: all.
  // Returns false where something was cut.
  bool row(const std::vector<Label>& labels, std::string_view text, int most_lines = 0);
  // Text wrapped with an indent on every line, and its own leading spaces on top.
  void indented(int indent, std::string_view text, Colour colour = Colour::none);
  // Parts joined by " · ", broken between them where they do not fit one line.
  void joined(const std::vector<std::string>& parts, Colour first = Colour::none);
  void blank();

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] std::string painted(std::string_view text, Colour colour) const;
  void line(std::string_view text);

  bool colour_;
  int width_;
  std::string text_;
};

}  // namespace portwright::report
