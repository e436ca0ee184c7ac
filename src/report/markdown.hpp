// Text in Markdown as GitHub reads it: what comes from elsewhere is shown, never obeyed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portwright::report {

// One line of text in which nothing is markup: also no mention, no reference to an issue and no link.
[[nodiscard]] std::string md_text(std::string_view text);
// A code span of one line. Empty for an empty text.
[[nodiscard]] std::string md_code(std::string_view text);
// A code block; its fence is longer than any inside.
[[nodiscard]] std::string md_block(std::string_view text, std::string_view language = {});

// A table; cells hold Markdown of one line.
class MarkdownTable {
 public:
  explicit MarkdownTable(const std::vector<std::string>& titles);
  void row(const std::vector<std::string>& cells);
  [[nodiscard]] bool empty() const { return rows_ == 0; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  int rows_ = 0;
};

// A part that is folded until somebody opens it; `body` holds Markdown. Nothing where the body is empty.
[[nodiscard]] std::string md_folded(std::string_view title, std::string_view body);

}  // namespace portwright::report
