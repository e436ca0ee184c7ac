#include "lint/rule_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portwright::lint {
namespace {

bool gives_attribute(const FoundClass& model, std::string_view name) {
  for (const FoundClass& known : with_bases(model)) {
    for (const Function& method : known.type->methods) {
      if (method.name == name) return true;
      const auto given = given_attributes(method);
      if (std::ranges::any_of(given, [&](const Given& one) { return one.name == name; })) return true;
    }
    for (const Item& statement : known.type->item.child("body").children()) {
      if (statement.is("expression_statement") && statement.first().child("left").text() == name) return true;
    }
  }
  return false;
}

std::vector<Item> parameters_of(const Function& function) { return function.item.child("parameters").children(); }

std::string_view parameter_name(const Item& parameter) {
  if (parameter.is("identifier")) return parameter.text();
  if (const Item name = parameter.child("name")) return name.text();
  return parameter.first().text();
}

bool has_default(const Item& parameter) {
  return parameter.is("default_parameter") || parameter.is("typed_default_parameter");
}

// `weights["model.…"] = …`
bool names_weights(const Function& sanitize) {
  const auto changes = sanitize.body.all("assignment");
  return std::ranges::any_of(changes, [](const Item& change) {
    return change.child("left").is("subscript") && change.child("left").child("subscript").is("string");
  });
}

// `[KVCache() for _ in self.layers]`, or as many by another count.
bool is_default_cache(const Port& port, const Item& value, std::string_view layers) {
  const Item list = without_parentheses(value);
  if (!list.is("list_comprehension") || !list.all("if_clause").empty()) return false;
  const Item made = without_parentheses(list.child("body"));
  if (verb(made) != "KVCache" || !port.called(made).ends_with("KVCache")) return false;
  const auto loops = list.all("for_in_clause");
  if (loops.size() != 1 || !made.child("arguments").children().empty()) return false;
  const std::string_view over = loops.front().child("right").text();
  return one_of(over, {"self.layers", "range(len(self.layers))", layers, fmt::format("range(len({}))", layers)});
}

// "self.model.layers" of `return self.model.layers`; empty where the method does more.
std::string_view returned_layers(const Port& port) {
  const Function* layers = inherited(port.model(), "layers");
  const auto statements = layers == nullptr ? std::vector<Item>{} : layers->body.children();
  return statements.size() == 1 && statements.front().is("return_statement") ? statements.front().first().text() : "";
}

// `if self._x is None: self._x = …`: computed once from what does not change.
bool is_made_once(const Item& assignment) {
  for (Item around = assignment.around("if_statement"); around; around = around.around("if_statement")) {
    const std::string_view condition = around.child("condition").text();
    if (holds(condition, "self._") && holds(condition, " is None")) return true;
  }
  return false;
}

}  // namespace

Spots find_missing_layers(const Port& port) {
  const Class* model = port.class_named("Model");
  if (model == nullptr || !knows_bases(port.model()) || gives_attribute(port.model(), "layers")) return {};
  return {spot(model->item.child("name"), "Model has no layers: caches and fine-tuning ask for them",
               "a property that returns self.model.layers")};
}

Spots find_missing_attributes(const Port& port) {
  const Class* model = port.class_named("Model");
  if (model == nullptr || !knows_bases(port.model())) return {};
  std::vector<std::string> missing;
  for (const char* name : {"args", "model_type"}) {
    if (!gives_attribute(port.model(), name)) missing.emplace_back(name);
  }
  if (missing.empty()) return {};
  return {spot(model->item.child("name"), fmt::format("Model has no {}", listed(missing)),
               fmt::format("self.{} = {}", missing.front(), missing.front() == "args" ? "args" : "args.model_type"))};
}

Spots find_other_signature(const Port& port) {
  const Class* model = port.class_named("Model");
  const Function* call = model == nullptr ? nullptr : model->method("__call__");
  if (call == nullptr) return {};
  for (const Item& parameter : parameters_of(*call)) {
    if (parameter.is("dictionary_splat_pattern")) return {};
    if (parameter_name(parameter) != "cache") continue;
    if (has_default(parameter)) return {};
    return {spot(parameter, "Model.__call__ asks for a cache, and must work without one", "cache=None")};
  }
  return {spot(call->item.child("name"), "Model.__call__ takes no cache", "(self, inputs, cache=None)")};
}

Spots find_missing_super(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* init = type.method("__init__");
    if (init == nullptr || !is_module(port, type) || holds(init->body.text(), "__init__(")) continue;
    found.push_back(spot(init->item.child("name"), fmt::format("{} does not call super().__init__()", type.name),
                         "make it the first line"));
  }
  return found;
}

Spots find_state_in_modules(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    if (!is_module(port, type)) continue;
    for (const Function& method : type.methods) {
      if (!port.in_forward(method.body)) continue;
      for (const char* kind : {"assignment", "augmented_assignment"}) {
        for (const Item& assignment : method.body.all(kind)) {
          Item target = assignment.child("left");
          while (target.is("subscript")) target = target.child("value");
          if (own_attribute(target).empty() || is_made_once(assignment)) continue;
          found.push_back(spot(assignment, fmt::format("the forward pass changes `{}`", target.text()),
                               "keep it in the cache, or compute it in __init__"));
        }
      }
    }
  }
  for (const Item& statement : port.tree().all("global_statement")) {
    found.push_back(spot(statement, fmt::format("`{}`", statement.text()), "hand it on as an argument"));
  }
  return found;
}

Spots find_default_cache(const Port& port) {
  const Class* model = port.class_named("Model");
  const Function* make = model == nullptr ? nullptr : model->method("make_cache");
  if (make == nullptr) return {};
  const auto statements = make->body.children();
  if (statements.size() != 1 || !statements.front().is("return_statement")) return {};
  if (!is_default_cache(port, statements.front().first(), returned_layers(port))) return {};
  return {spot(make->item.child("name"), "this is what mlx-lm makes by default", "remove make_cache")};
}

Spots find_window_without_cache(const Port& port) {
  const Class* model = port.class_named("Model");
  if (model == nullptr || !knows_bases(port.model()) || inherited(port.model(), "make_cache") != nullptr) return {};
  for (const Item& call : port.tree().all("call")) {
    const Item window = keyword(call, "window_size");
    if (verb(call) != "create_attention_mask" || !window || window.is("none")) continue;
    return {spot(call, "a window is masked, and every layer keeps all its keys",
                 "make_cache with RotatingKVCache(max_size=…) for these layers")};
  }
  return {};
}

Spots find_not_handed_on(const Port& port) {
  const Class* model = port.class_named("Model");
  const Function* init = model == nullptr ? nullptr : model->method("__init__");
  if (init == nullptr || !knows_bases(port.model())) return {};
  for (const Given& given : given_attributes(*init)) {
    const Item function = given.value.child("function");
    const FoundClass inner = given.value.is("call") ? port.resolve(function.text()) : FoundClass{};
    if (!inner || inner.type->name != "Model" || inner.port == &port) continue;
    std::vector<std::string> missing;
    for (const char* name : {"sanitize", "make_cache", "quant_predicate", "cast_predicate"}) {
      const bool within = inherited(inner, name) != nullptr;
      const Function* own = inherited(port.model(), name);
      const bool calls = own != nullptr && holds(own->body.text(), fmt::format(".{}", name));
      // One that names weights itself does the inner one's work for its own checkpoints.
      const bool handed = calls || (own != nullptr && (std::string_view(name) != "sanitize" || names_weights(*own)));
      if (within && !handed) missing.emplace_back(name);
    }
    if (missing.empty()) continue;
    return {spot(given.assignment,
                 fmt::format("{}.Model has {}, which {} not handed on", inner.port->name(), listed(missing),
                             missing.size() == 1 ? "is" : "are"),
                 fmt::format("call self.{}.{} from a method of that name", given.name, missing.front()))};
  }
  return {};
}

}  // namespace portwright::lint
