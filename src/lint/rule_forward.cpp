#include "lint/rule_forward.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace portwright::lint {
namespace {

struct Loop {
  Item item;    // the for_statement or the comprehension
  Item over;    // what it goes through
  Item target;  // the names it gives
};

std::vector<Loop> loops_in(const Function& function) {
  std::vector<Loop> found;
  for (const Item& loop : function.body.all("for_statement"))
    found.push_back({loop, loop.child("right"), loop.child("left")});
  for (const Item& clause : function.body.all("for_in_clause")) {
    found.push_back({clause, clause.child("right"), clause.child("left")});
  }
  return found;
}

// Names that hold a number of tokens: the second of `B, L, D = x.shape`, and `x.shape[1]`.
std::set<std::string_view> token_counts(const Function& function) {
  std::set<std::string_view> found;
  for (const Item& assignment : function.body.all("assignment")) {
    const Item left = assignment.child("left");
    const std::string_view right = assignment.child("right").text();
    if (left.is("identifier") && right.ends_with(".shape[1]")) found.insert(left.text());
    if (!left.is("pattern_list") || !right.ends_with(".shape")) continue;
    const auto names = left.children();
    // Three axes are batch, tokens and features; with more, heads may come before tokens.
    if (names.size() == 3) found.insert(names[1].text());
  }
  return found;
}

bool is_token_count(const Item& item, const std::set<std::string_view>& counts) {
  const std::string_view text = item.text();
  const bool states =
      one_of(text, {"x.shape[1]", "h.shape[1]", "inputs.shape[1]", "hidden_states.shape[1]", "u.shape[1]"});
  return states || counts.contains(text);
}

bool counts_experts(std::string_view text) { return holds(text, "expert"); }

bool of_a_cache(const Item& attribute) {
  return attribute.child("attribute").text() == "offset" && holds(attribute.child("object").text(), "cache");
}

// The offset itself, and the names that a function gives it.
std::vector<Item> offsets_in(const Function& function) {
  std::vector<Item> found;
  std::set<std::string_view> aliases;
  for (const Given& given : given_names(function)) {
    for (const Item& attribute : given.value.all("attribute")) {
      if (of_a_cache(attribute) && !given.value.is("call")) aliases.insert(given.name);
    }
  }
  for (const Item& attribute : function.body.all("attribute")) {
    if (of_a_cache(attribute)) found.push_back(attribute);
  }
  for (const Item& name : function.body.all("identifier")) {
    if (aliases.contains(name.text()) && name.field() != "left" && name.field() != "attribute" &&
        !(name.parent().is("keyword_argument") && name.field() == "name")) {
      found.push_back(name);
    }
  }
  return found;
}

}  // namespace

Spots find_token_loops(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    const auto counts = token_counts(function);
    for (const Loop& loop : loops_in(function)) {
      const auto bounds = arguments(loop.over);
      if (port.called(loop.over) != "range" || bounds.empty() || bounds.size() > 2) continue;
      if (!is_token_count(bounds.back(), counts)) continue;
      found.push_back(spot(loop.item, fmt::format("a Python loop over tokens: `{}`", brief(loop.over.text())),
                           "compute all tokens at once, or call gated_delta_update, ssm_update"));
    }
  }
  return found;
}

Spots find_expert_loops(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Loop& loop : loops_in(function)) {
      if (!counts_experts(loop.over.text()) && !counts_experts(loop.target.text())) continue;
      found.push_back(spot(loop.item, fmt::format("a Python loop over experts: `{}`", brief(loop.over.text())),
                           "switch_layers.SwitchGLU computes all experts at once"));
    }
  }
  return found;
}

Spots find_waiting(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Item& call : function.body.all("call")) {
      const std::string name = port.called(call);
      const bool method = call.child("function").is("attribute") && one_of(verb(call), {"item", "tolist"}) &&
                          call.child("arguments").children().empty();
      if (!method && !one_of(name, {"mx.eval", "mx.async_eval", "numpy.array", "numpy.asarray"})) continue;
      found.push_back(spot(call, fmt::format("`{}` waits for the value within the forward pass", brief(call.text())),
                           "keep it an array: mx.where, mx.take_along_axis"));
    }
  }
  return found;
}

Spots find_single_offsets(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    const std::string_view text = function.body.text();
    if (holds(text, "isinstance(") || holds(text, ".ndim")) continue;  // it tells numbers and arrays apart
    for (const Item& offset : offsets_in(function)) {
      Item around = offset.parent();
      while (around.is("binary_operator") || around.is("parenthesized_expression")) around = around.parent();
      const bool compared = around.is("comparison_operator") && !holds(around.text(), "None");
      const bool number =
          around.is("argument_list") &&
          one_of(port.called(around.parent()), {"mx.arange", "numpy.arange", "range", "int", "max", "min"});
      if (!compared && !number) continue;
      found.push_back(spot(offset, fmt::format("`{}` is an array in a batch, and this needs a number", offset.text()),
                           "work with it as an array of one offset a row"));
      break;
    }
  }
  return found;
}

Spots find_repeated_heads(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Item& call : function.body.all("call")) {
      const auto given = arguments(call);
      if (port.called(call) != "mx.repeat" || given.empty()) continue;
      if (!one_of(given.front().text(), {"keys", "values", "k", "v", "key_states", "value_states", "key", "value"}))
        continue;
      found.push_back(spot(call, fmt::format("`{}` copies heads that attention takes as they are", brief(call.text())),
                           "hand on grouped keys and values"));
    }
  }
  return found;
}

Spots find_kernels_without_training(const Port& port) {
  if (!port.named("training").empty()) return {};
  for (const Item& call : port.tree().all("call")) {
    if (!one_of(port.called(call), {"mx.fast.metal_kernel", "mx.fast.cuda_kernel"})) continue;
    return {spot(call, "a kernel without a gradient, and no other path for training",
                 "compute it with MLX's own where self.training")};
  }
  return {};
}

}  // namespace portwright::lint
