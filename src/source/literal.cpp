#include "source/literal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace portwright::source {
namespace {

constexpr int deepest = 32;

std::optional<Json> number(std::string_view text) {
  std::string digits(text);
  std::erase(digits, '_');
  const bool is_hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
  const char* begin = digits.data() + (is_hexadecimal ? 2 : 0);
  const char* end = digits.data() + digits.size();
  std::int64_t whole = 0;
  const auto read = std::from_chars(begin, end, whole, is_hexadecimal ? 16 : 10);
  if (read.ec == std::errc() && read.ptr == end) return Json(whole);
  double real = 0;
  const auto real_read = std::from_chars(begin, end, real);
  if (real_read.ec == std::errc() && real_read.ptr == end) return Json(real);
  return std::nullopt;
}

std::optional<Json> literal(const Node& node, int depth);

std::optional<Json> sequence(const Node& node, int depth) {
  Json values = Json::array();
  for (const Node& part : node.children()) {
    auto value = literal(part, depth + 1);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

std::optional<Json> dictionary(const Node& node, int depth) {
  Json values = Json::object();
  for (const Node& part : node.children()) {
    const auto key = string_literal(part.field("key"));
    auto value = literal(part.field("value"), depth + 1);
    if (!key || !value) return std::nullopt;
    values[*key] = std::move(*value);
  }
  return values;
}

std::optional<Json> literal(const Node& node, int depth) {
  if (depth > deepest) return std::nullopt;
  if (node.is("none")) return Json();
  if (node.is("true")) return Json(true);
  if (node.is("false")) return Json(false);
  if (node.is("integer") || node.is("float")) return number(node.text());
  if (node.is("list") || node.is("tuple")) return sequence(node, depth);
  if (node.is("dictionary")) return dictionary(node, depth);
  if (node.is("parenthesized_expression") && node.children().size() == 1) {
    return literal(node.children().front(), depth + 1);
  }
  if (node.is("unary_operator") && node.text().starts_with('-')) {
    const auto value = literal(node.field("argument"), depth + 1);
    return value && value->is_number() ? calculated(Json(0), "-", *value) : std::nullopt;
  }
  if (node.is("binary_operator")) {
    const auto left = literal(node.field("left"), depth + 1);
    const auto right = literal(node.field("right"), depth + 1);
    return left && right ? calculated(*left, node.field("operator").text(), *right) : std::nullopt;
  }
  if (auto text = string_literal(node)) return Json(std::move(*text));
  return std::nullopt;
}

std::optional<Json> whole_result(std::int64_t a, std::string_view operation, std::int64_t b) {
  std::int64_t result = 0;
  if (operation == "+" && !__builtin_add_overflow(a, b, &result)) return Json(result);
  if (operation == "-" && !__builtin_sub_overflow(a, b, &result)) return Json(result);
  if (operation == "*" && !__builtin_mul_overflow(a, b, &result)) return Json(result);
  // Python rounds down where C++ rounds to zero.
  if (operation == "//" && b != 0 && b != -1) return Json(a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0));
  if (operation == "%" && b != 0 && b != -1) return Json(((a % b) + b) % b);
  return std::nullopt;
}

}  // namespace

std::optional<Json> literal(const Node& node) { return literal(node, 0); }

std::optional<std::string> string_literal(const Node& node) {
  if (node.is("concatenated_string")) {
    std::string joined;
    for (const Node& part : node.children()) {
      const auto text = string_literal(part);
      if (!text) return std::nullopt;
      joined += *text;
    }
    return joined;
  }
  if (!node.is("string")) return std::nullopt;
  std::string_view text = node.text();
  const std::size_t quote = text.find_first_of("'\"");
  if (quote == std::string_view::npos) return std::nullopt;
  if (text.substr(0, quote).find_first_of("fFbB") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(quote);
  const bool is_long = text.starts_with(R"(""")") || text.starts_with("'''");
  const std::size_t marks = is_long ? 3 : 1;
  if (text.size() < 2 * marks) return std::nullopt;
  return std::string(text.substr(marks, text.size() - 2 * marks));
}

std::optional<Json> calculated(const Json& left, std::string_view operation, const Json& right) {
  if (!left.is_number() || !right.is_number()) return std::nullopt;
  if (left.is_number_integer() && right.is_number_integer() && operation != "/" && operation != "**") {
    return whole_result(left.get<std::int64_t>(), operation, right.get<std::int64_t>());
  }
  const double a = left.get<double>();
  const double b = right.get<double>();
  double result = 0;
  if (operation == "+") {
    result = a + b;
  } else if (operation == "-") {
    result = a - b;
  } else if (operation == "*") {
    result = a * b;
  } else if (operation == "/" && b != 0) {
    result = a / b;
  } else if (operation == "**") {
    result = std::pow(a, b);
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(result)) return std::nullopt;
  const bool stays_whole =
      operation == "**" && left.is_number_integer() && right.is_number_integer() && b >= 0 && std::abs(result) < 9e15;
  return stays_whole ? Json(static_cast<std::int64_t>(result)) : Json(result);
}

std::string on_one_line(std::string_view text, std::size_t most) {
  std::string line;
  bool space = false;
  for (const char byte : text) {
    if (line.size() > 4 * most) break;
    const bool is_space = byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
    if (!is_space && space && !line.empty()) line += ' ';
    space = is_space;
    if (!is_space) line += byte;
  }
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0U) == 0x80U) continue;
    if (++characters > most) return line.substr(0, i) + "…";
  }
  return line;
}

}  // namespace portwright::source
