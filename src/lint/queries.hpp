// What several rules ask of a piece of syntax.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lint/port.hpp"
#include "lint/rule.hpp"

namespace portwright::lint {

using Spots = std::vector<Spot>;

[[nodiscard]] Spot spot(const Item& item, std::string sentence, std::string fix = {});

[[nodiscard]] bool one_of(std::string_view word, std::initializer_list<std::string_view> words);
[[nodiscard]] bool holds(std::string_view text, std::string_view part);
// The text as it reads in one line, cut to what a sentence can hold.
[[nodiscard]] std::string brief(std::string_view text);
// "a", "a and b", "a, b and 3 more".
[[nodiscard]] std::string listed(const std::vector<std::string>& words);

// Positional arguments of a call, and the value of a keyword; null where there is none.
[[nodiscard]] std::vector<Item> arguments(const Item& call);
[[nodiscard]] Item keyword(const Item& call, std::string_view name);
// The last part of what is called: "reshape" of `x.y.reshape(…)`.
[[nodiscard]] std::string_view verb(const Item& call);

// NAME of `self.NAME`; empty for anything else.
[[nodiscard]] std::string_view own_attribute(const Item& item);
// `self.NAME = value` within a function, in the order of the text; assignments to several names are left out.
struct Given {
  std::string_view name;
  Item assignment;
  Item value;
};
[[nodiscard]] std::vector<Given> given_attributes(const Function& function);
[[nodiscard]] std::vector<Given> given_names(const Function& function);

// Whether an item, or what surrounds it up to its statement, is an argument of a call of that full name.
[[nodiscard]] bool inside_call(const Port& port, const Item& item, std::string_view name);
// The first call below (and at) an item of one of these full names; null where there is none.
[[nodiscard]] Item first_call(const Port& port, const Item& in, std::initializer_list<std::string_view> names);
[[nodiscard]] bool is_module(const Port& port, const Class& type);  // an nn.Module, as far as its bases can be read
[[nodiscard]] Item without_parentheses(Item item);
[[nodiscard]] Item statement_of(Item item);  // the whole statement that an expression is in
// The name stands in the item as a name of its own.
[[nodiscard]] bool names(const Item& in, std::string_view name);

}  // namespace portwright::lint
