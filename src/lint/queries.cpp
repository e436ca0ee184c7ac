#include "lint/queries.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portwright::lint {
namespace {

constexpr std::size_t most_brief = 60;
constexpr std::size_t most_listed = 8;

std::vector<Given> given_to(const Function& function, bool attributes) {
  std::vector<Given> found;
  for (const Item& assignment : function.body.all("assignment")) {
    const Item left = assignment.child("left");
    const std::string_view name = attributes ? own_attribute(left) : left.is("identifier") ? left.text() : "";
    Item value = assignment.child("right");
    while (value.is("assignment")) value = value.child("right");  // a = b = value
    if (!name.empty() && value) found.push_back({name, assignment, value});
  }
  return found;
}

}  // namespace

Spot spot(const Item& item, std::string sentence, std::string fix) {
  return {item.place(), std::move(sentence), std::move(fix)};
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string brief(std::string_view text) {
  std::string line;
  for (const char letter : text) {
    const bool blank = letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r';
    if (!blank) {
      line += letter;
    } else if (!line.empty() && line.back() != ' ' && line.back() != '(' && line.back() != '[') {
      line += ' ';
    }
  }
  if (line.size() <= most_brief) return line;
  std::size_t end = most_brief;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;  // within a character
  return line.substr(0, end) + "…";
}

std::string listed(const std::vector<std::string>& words) {
  const std::size_t shown = words.size() <= most_listed ? words.size() : most_listed - 1;
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == words.size();
    text += fmt::format("{}{}", i == 0 ? "" : last ? " and " : ", ", words[i]);
  }
  if (shown < words.size()) text += fmt::format(" and {} more", words.size() - shown);
  return text;
}

std::vector<Item> arguments(const Item& call) {
  std::vector<Item> found = call.child("arguments").children();
  std::erase_if(found, [](const Item& item) { return item.is("keyword_argument"); });
  return found;
}

Item keyword(const Item& call, std::string_view name) {
  for (const Item& item : call.child("arguments").children()) {
    if (item.is("keyword_argument") && item.child("name").text() == name) return item.child("value");
  }
  return {};
}

std::string_view verb(const Item& call) {
  const Item function = call.child("function");
  return function.is("attribute") ? function.child("attribute").text() : function.text();
}

std::string_view own_attribute(const Item& item) {
  if (!item.is("attribute") || item.child("object").text() != "self") return {};
  return item.child("attribute").text();
}

std::vector<Given> given_attributes(const Function& function) { return given_to(function, true); }
std::vector<Given> given_names(const Function& function) { return given_to(function, false); }

bool inside_call(const Port& port, const Item& item, std::string_view name) {
  for (Item around = item; around && !around.is("block"); around = around.parent()) {
    if (around.is("call") && port.called(around) == name) return true;
  }
  return false;
}

Item first_call(const Port& port, const Item& in, std::initializer_list<std::string_view> names) {
  for (const Item& call : in.all("call")) {
    if (one_of(port.called(call), names)) return call;
  }
  return {};
}

bool is_module(const Port& port, const Class& type) {
  for (const FoundClass& known : with_bases({&port, &type})) {
    for (const std::string_view base : known.type->bases) {
      if (base.starts_with("nn.") || base == "Module") return true;
    }
  }
  return false;
}

Item without_parentheses(Item item) {
  while (item.is("parenthesized_expression") && item.first()) item = item.first();
  return item;
}

Item statement_of(Item item) {
  while (item.parent() && !item.parent().is("block") && !item.parent().is("module")) item = item.parent();
  return item;
}

bool names(const Item& in, std::string_view name) {
  const auto all = in.all("identifier");
  return std::ranges::any_of(all, [&](const Item& item) {
    return item.text() == name && item.field() != "attribute" &&
           !(item.parent().is("keyword_argument") && item.field() == "name");
  });
}

}  // namespace portwright::lint
