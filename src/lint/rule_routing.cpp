#include "lint/rule_routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace portwright::lint {
namespace {

bool chooses(const Port& port, const Item& call) {
  return one_of(port.called(call), {"mx.argpartition", "mx.argsort", "mx.argmax", "mx.argmin"});
}

Item choice_in(const Port& port, const Item& in) {
  for (const Item& call : in.all("call")) {
    if (chooses(port, call)) return call;
  }
  return {};
}

bool stops(const Port& port, const Item& in) { return static_cast<bool>(first_call(port, in, {"mx.stop_gradient"})); }

// Whether a class routes: it chooses by itself, or hands its scores to a function of this file that does.
bool routes(const Port& port, const Class& type) {
  const Function* call = type.method("__call__");
  if (call == nullptr) return false;
  if (choice_in(port, call->body)) return true;
  for (const Item& made : call->body.all("call")) {
    const auto found = std::ranges::find(port.functions(), made.child("function").text(), &Function::name);
    if (found != port.functions().end() && choice_in(port, found->body)) return true;
  }
  return false;
}

// `x @ self.NAME.T` and the like, with NAME an array that the class makes: null where there is none.
Item raw_product(const Port& port, const Class& type) {
  const Function* init = type.method("__init__");
  const Function* call = type.method("__call__");
  if (init == nullptr || call == nullptr) return {};
  const auto given = given_attributes(*init);
  for (const Item& product : call->body.all("binary_operator")) {
    // In float32 on purpose, which nn.Linear does not do.
    if (product.word("operator") != "@" || holds(product.text(), "float32")) continue;
    for (const Item& attribute : product.child("right").all("attribute")) {
      const auto made = std::ranges::find(given, own_attribute(attribute), &Given::name);
      if (made != given.end() && port.called(made->value).starts_with("mx.")) return made->assignment;
    }
  }
  return {};
}

bool is_router(const Port& port, const Given& given) {
  const auto sizes = arguments(given.value);
  return port.called(given.value) == "nn.Linear" &&
         one_of(given.name, {"gate", "router", "classifier", "router_proj", "wg"}) && sizes.size() >= 2 &&
         holds(sizes[1].text(), "expert");
}

}  // namespace

Spots find_raw_routers(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    if (!is_module(port, type) || !routes(port, type)) continue;
    const Item raw = raw_product(port, type);
    if (!raw) continue;
    found.push_back(spot(raw, fmt::format("{} holds its weight as a raw array", type.name),
                         "nn.Linear(…, bias=False), renamed in sanitize"));
  }
  return found;
}

Spots find_indices_with_gradient(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    std::set<std::string_view> indices;
    for (const Given& given : given_names(function)) {
      if (stops(port, given.value)) {
        indices.erase(given.name);
      } else if (choice_in(port, given.value)) {
        indices.insert(given.name);
      } else if (!given.value.is("subscript") || !indices.contains(given.value.child("value").text())) {
        indices.erase(given.name);
      } else {
        indices.insert(given.name);
      }
    }
    for (const Item& call : function.body.all("call")) {
      if (!one_of(port.called(call), {"mx.take_along_axis", "mx.put_along_axis"})) continue;
      const auto given = arguments(call);
      if (given.size() < 2 || stops(port, given[1])) continue;
      const bool chosen = choice_in(port, given[1]) ||
                          std::ranges::any_of(indices, [&](std::string_view name) { return names(given[1], name); });
      if (!chosen || stops(port, given[0])) continue;
      found.push_back(spot(
          call, fmt::format("training fails here: `{}` has a gradient that MLX does not give", brief(given[1].text())),
          "mx.stop_gradient(…) around the indices"));
      break;
    }
  }
  return found;
}

Spots find_missing_quant_predicate(const Port& port) {
  const Class* model = port.class_named("Model");
  if (model == nullptr || !knows_bases(port.model()) || inherited(port.model(), "quant_predicate") != nullptr)
    return {};
  for (const Class& type : port.classes()) {
    const Function* init = type.method("__init__");
    if (init == nullptr) continue;
    for (const Given& given : given_attributes(*init)) {
      if (!is_router(port, given)) continue;
      return {spot(given.assignment, fmt::format("the router {} is quantized like any other weight", given.name),
                   fmt::format("quant_predicate: {{\"group_size\": 64, \"bits\": 8}} for paths that end in \"{}\"",
                               given.name))};
    }
  }
  return {};
}

Spots find_rough_softmax(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    const Item choice = choice_in(port, function.body);
    if (!choice || holds(function.body.text(), "float32")) continue;
    for (const Item& call : function.body.all("call")) {
      if (port.called(call) != "mx.softmax" || keyword(call, "precise") || call.index() > choice.index()) continue;
      found.push_back(spot(call, "a router's softmax in the native dtype", "precise=True"));
    }
  }
  return found;
}

}  // namespace portwright::lint
