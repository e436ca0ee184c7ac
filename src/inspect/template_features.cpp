#include "inspect/template_features.hpp"

#include <algorithm>
#include <array>

namespace portwright::inspect {
namespace {

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A word by itself: "tools" is not in "my_tools".
bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word_byte(text[at - 1]);
    const bool ends = end == text.size() || !is_word_byte(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

// What stands between the marks of Jinja: a word of the text that the template writes is no feature.
std::string code_of(std::string_view text) {
  std::string code;
  for (std::size_t at = 0; (at = text.find('{', at)) != std::string_view::npos;) {
    const std::string_view open = text.substr(at, 2);
    if (open != "{%" && open != "{{") {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find(open == "{%" ? "%}" : "}}", at + 2), text.size());
    code.append(text.substr(at + 2, end - at - 2)).append("\n");
    at = end;
  }
  return code;
}

constexpr std::array<std::string_view, 3> thinking_words{"enable_thinking", "thinking", "reasoning_content"};
constexpr std::array<std::string_view, 5> thinking_marks{"<think>", "</think>", "<|channel|>analysis", "[THINK]",
                                                         "<|START_THINKING|>"};

}  // namespace

TemplateFeatures template_features(std::string_view text, const std::string& where) {
  TemplateFeatures features;
  if (text.empty()) return features;
  features.where = where;
  const std::string code = code_of(text);
  features.tools = has_word(code, "tools");
  features.documents = has_word(code, "documents");
  features.date = has_word(code, "strftime_now");
  features.system = code.find("'system'") != std::string::npos || code.find("\"system\"") != std::string::npos;
  for (const std::string_view word : thinking_words) {
    if (features.thinking_by.empty() && has_word(code, word)) features.thinking_by = word;
  }
  for (const std::string_view mark : thinking_marks) {
    if (features.thinking_by.empty() && text.find(mark) != std::string_view::npos) features.thinking_by = mark;
  }
  features.thinking = !features.thinking_by.empty();
  return features;
}

}  // namespace portwright::inspect
