#include "lint/rule_weights.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portwright::lint {
namespace {

const Function* sanitize_of(const Class& type) { return type.method("sanitize"); }

// `"conv1d.weight" in k`, `k.endswith("norm.weight")`: tells names apart, and is as true the second time.
bool asks_only_the_name(const Item& condition) {
  const Item bare = without_parentheses(condition);
  if (bare.is("boolean_operator"))
    return asks_only_the_name(bare.child("left")) && asks_only_the_name(bare.child("right"));
  if (bare.is("comparison_operator")) {
    const auto sides = bare.children();
    return sides.size() == 2 && sides[0].is("string") && sides[1].is("identifier") && sides[1].text() != "weights" &&
           bare.word("operators") == "in";
  }
  return bare.is("call") && one_of(verb(bare), {"endswith", "startswith"});
}

// Whether every condition around an item within a function asks names alone.
bool is_unguarded(const Item& item, const Item& within) {
  for (Item around = item; around && !(around == within); around = around.parent()) {
    if (around.is("try_statement") || around.is("conditional_expression")) return false;
    if (around.is("else_clause")) return false;
    const Item condition = around.is("if_statement") || around.is("elif_clause") ? around.child("condition") : Item{};
    if (condition && !asks_only_the_name(condition)) return false;
  }
  return true;
}

// `if "…experts.0…" not in weights: return weights` before an item.
bool returns_before(const Item& within, const Item& item) {
  for (const Item& leaving : within.all("return_statement")) {
    if (leaving.index() < item.index() && leaving.around("if_statement")) return true;
  }
  return false;
}

bool is_turn(const Item& value) {
  if (value.is("attribute")) return value.child("attribute").text() == "T";
  return value.is("call") && one_of(verb(value), {"transpose", "swapaxes", "moveaxis"});
}

bool adds_one(const Item& value) {
  return value.is("binary_operator") && one_of(value.word("operator"), {"+", "-"}) &&
         one_of(value.child("right").text(), {"1", "1.0"});
}

bool is_text(const Item& item) { return item.is("string") || item.is("concatenated_string"); }

// The number N of "layers.N" in a text, where it is not 0.
bool names_a_layer(std::string_view text) {
  constexpr std::string_view mark = "layers.";
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
    std::string_view digits = text.substr(at + mark.size());
    digits = digits.substr(0, digits.find_first_not_of("0123456789"));
    if (!digits.empty() && digits != "0") return true;
  }
  return false;
}

}  // namespace

Spots find_repeated_changes(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* sanitize = sanitize_of(type);
    if (sanitize == nullptr) continue;
    for (const char* kind : {"assignment", "augmented_assignment"}) {
      for (const Item& change : sanitize->body.all(kind)) {
        const Item target = change.child("left");
        const Item value = change.child("right");
        if (!target.is("subscript") || is_text(target.child("subscript"))) continue;
        const bool changes = change.is("augmented_assignment") || is_turn(value) || adds_one(value);
        if (!changes || !is_unguarded(change, sanitize->body) || returns_before(sanitize->body, change)) continue;
        if (!target.child("subscript").is("identifier")) continue;  // another name: gone the second time
        found.push_back(spot(change,
                             fmt::format("`{}` changes a converted checkpoint a second time", brief(change.text())),
                             "ask the shape first, or a name that only the original has"));
      }
    }
  }
  return found;
}

Spots find_unguarded_pops(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* sanitize = sanitize_of(type);
    if (sanitize == nullptr) continue;
    for (const Item& call : sanitize->body.all("call")) {
      const auto given = arguments(call);
      if (verb(call) != "pop" || given.size() != 1 || !is_text(given.front())) continue;
      if (call.child("function").child("object").text() != "weights") continue;
      if (!is_unguarded(call, sanitize->body) || returns_before(sanitize->body, call)) continue;
      // A name with a number in it comes from what was found among the weights.
      if (!given.front().all("interpolation").empty()) continue;
      found.push_back(spot(call, fmt::format("`{}` fails where the weight is gone already", brief(call.text())),
                           fmt::format("weights.pop({}, None)", brief(given.front().text()))));
    }
  }
  return found;
}

Spots find_literal_layers(const Port& port) {
  Spots found;
  for (const Item& text : port.tree().all("string")) {
    if (!names_a_layer(text.text()) || !text.around("function_definition")) continue;
    found.push_back(spot(text, fmt::format("the layer's number is written down: {}", brief(text.text())),
                         "compare with self.args.num_hidden_layers"));
  }
  return found;
}

Spots find_loose_loading(const Port& port) {
  Spots found;
  for (const Item& call : port.tree().all("call")) {
    if (verb(call) == "load_weights" && keyword(call, "strict").is("false")) {
      found.push_back(spot(call, "weights that are missing stay random, and nobody is told", "strict=True"));
    }
  }
  return found;
}

}  // namespace portwright::lint
