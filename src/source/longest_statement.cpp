#include "source/longest_statement.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace portwright::source {
namespace {

constexpr std::array quotes{std::string_view(R"(""")"), std::string_view("'''"), std::string_view("\""),
                            std::string_view("'")};

// The quote a text begins with; empty where it begins with none.
std::string_view quote_at(std::string_view text) {
  const auto* found = std::ranges::find_if(quotes, [&](std::string_view quote) { return text.starts_with(quote); });
  return found == quotes.end() ? std::string_view{} : *found;
}

// Where a string ends whose content begins at `from`: after its quote, at a line break that it must not hold, or npos.
std::size_t end_of_string(std::string_view text, std::size_t from, std::string_view quote) {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text.substr(at).starts_with(quote)) {
      return at + quote.size();
    } else if (quote.size() == 1 && text[at] == '\n') {
      return std::string_view::npos;
    }
  }
  return std::string_view::npos;
}

bool is_word(char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_'; }

std::size_t words_and_signs(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) continue;
    if (!is_word(text[at]) || at == 0 || !is_word(text[at - 1])) ++count;
  }
  return count;
}

// After the next line break that ends a statement.
std::size_t end_of_statement(std::string_view text, std::size_t from) {
  int depth = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char letter = text[at];
    if (const std::string_view quote = quote_at(text.substr(at)); !quote.empty()) {
      const std::size_t end = end_of_string(text, at + quote.size(), quote);
      if (end == std::string_view::npos) return text.size();
      at = end - 1;
    } else if (letter == '#') {
      at = std::min(text.find('\n', at), text.size()) - 1;
    } else if (letter == '(' || letter == '[' || letter == '{') {
      ++depth;
    } else if (letter == ')' || letter == ']' || letter == '}') {
      depth = std::max(0, depth - 1);
    } else if (letter == '\n' && depth == 0 && (at == 0 || text[at - 1] != '\\')) {
      return at + 1;
    }
  }
  return text.size();
}

}  // namespace

std::size_t longest_statement(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_statement(text, at);
    longest = std::max(longest, words_and_signs(text.substr(at, end - at)));
    at = end;
  }
  return longest;
}

}  // namespace portwright::source
