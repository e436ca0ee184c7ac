#include "lint/rule_precision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace portwright::lint {
namespace {

bool is_cast(const Item& call) { return verb(call) == "astype" && call.child("function").is("attribute"); }

bool casts_to_float32(const Port& port, const Item& call) {
  const auto given = arguments(call);
  return is_cast(call) && given.size() == 1 && port.full_name(given.front()) == "mx.float32";
}

bool has_float32_cast(const Port& port, const Item& in) {
  const auto calls = in.all("call");
  return std::ranges::any_of(calls, [&](const Item& call) { return casts_to_float32(port, call); });
}

bool has_cast_back(const Port& port, const Item& in) {
  const auto calls = in.all("call");
  return std::ranges::any_of(calls, [&](const Item& call) { return is_cast(call) && !casts_to_float32(port, call); });
}

// An array that is float32 because nobody said otherwise: `mx.array(1.0)`, `mx.zeros((2, 3))`.
bool is_float32_by_default(const Port& port, const Item& call) {
  const std::string name = port.called(call);
  const auto given = arguments(call);
  if (keyword(call, "dtype") || given.empty()) return false;
  if (one_of(name, {"mx.ones", "mx.zeros"})) return given.size() == 1;
  if (name == "mx.full")
    return given.size() == 2 && !given[1].is("integer") && !given[1].is("true") && !given[1].is("false");
  if (name != "mx.array" || given.size() != 1) return false;
  const std::string_view text = given[0].text();
  const Item bare = given[0].is("unary_operator") ? given[0].first() : given[0];
  return bare.is("float") ||
         one_of(text, {"-mx.inf", "mx.inf", "float(\"-inf\")", "-float(\"inf\")", "float('-inf')"}) ||
         text.ends_with("**0.5") || text.ends_with("**-0.5") || text.starts_with("math.sqrt(");
}

bool promotes(const Port& port, const Item& constant) {
  Item inside = constant;
  while (inside.parent().is("parenthesized_expression") || inside.parent().is("unary_operator") ||
         inside.parent().is("list")) {
    inside = inside.parent();
  }
  const Item around = inside.parent();
  if (around.is("binary_operator")) return true;
  return around.is("argument_list") &&
         one_of(port.called(around.parent()), {"mx.where", "mx.maximum", "mx.minimum", "mx.concatenate", "mx.stack",
                                               "mx.clip", "mx.multiply", "mx.add"});
}

// Names of a function that are float32: given something cast to it that is not cast back.
std::set<std::string_view> float32_names(const Port& port, const Function& function) {
  std::set<std::string_view> found;
  for (const Given& given : given_names(function)) {
    const bool cast = is_cast(given.value) && !casts_to_float32(port, given.value);
    const bool single = has_float32_cast(port, given.value) && !has_cast_back(port, given.value);
    bool from_known = false;
    for (const std::string_view name : found) {
      const bool chosen = one_of(port.called(given.value), {"mx.take_along_axis", "mx.softmax", "mx.sigmoid"});
      from_known = from_known || (names(given.value, name) && (chosen || given.value.is("binary_operator")));
    }
    if (cast) {
      found.erase(given.name);
    } else if (single || from_known) {
      found.insert(given.name);
    }
  }
  return found;
}

std::string_view weight_attribute(const Port& port, const Item& cast) {
  return casts_to_float32(port, cast) ? own_attribute(cast.child("function").child("object")) : std::string_view{};
}

}  // namespace

Spots find_float32_constants(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    if (holds(function.body.text(), "float32")) continue;  // it may be float32 on purpose
    for (const Item& call : function.body.all("call")) {
      if (!is_float32_by_default(port, call) || !promotes(port, call)) continue;
      found.push_back(
          spot(call, fmt::format("`{}` is float32 and makes float32 of what it meets", brief(call.text())),
               port.called(call) == "mx.array" ? "a Python number, or give the dtype" : "give the dtype: x.dtype"));
    }
  }
  return found;
}

Spots find_float32_norms(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* call = type.method("__call__");
    if (call == nullptr || !holds(type.name, "Norm") || has_cast_back(port, call->body)) continue;
    for (const Item& cast : call->body.all("call")) {
      if (!casts_to_float32(port, cast)) continue;
      found.push_back(spot(cast, fmt::format("{} returns float32: it is cast and not cast back", type.name),
                           "mx.fast.rms_norm keeps the dtype; else .astype(x.dtype) at the end"));
      break;
    }
  }
  return found;
}

Spots find_float32_weights(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* sanitize = type.method("sanitize");
    if (sanitize == nullptr) continue;
    for (const Item& assignment : sanitize->body.all("assignment")) {
      const Item value = assignment.child("right");
      if (!assignment.child("left").is("subscript")) continue;
      if (casts_to_float32(port, value)) {
        found.push_back(spot(value, "a weight becomes float32, and all that it meets with it",
                             "leave its dtype, or name it in cast_predicate"));
      } else if (is_float32_by_default(port, value)) {
        found.push_back(spot(value, fmt::format("`{}` puts a float32 weight in", brief(value.text())),
                             "give the dtype of the others"));
      }
    }
  }
  return found;
}

// `(y * scores[..., None]).sum(axis=-2)` with scores in float32 hands float32 to all layers after it.
Spots find_float32_routing(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    const auto single = float32_names(port, function);
    if (single.empty()) continue;
    for (const Item& call : function.body.all("call")) {
      if (verb(call) != "sum" || !call.child("function").is("attribute")) continue;
      const Item product = without_parentheses(call.child("function").child("object"));
      const Item weights = product.child("right");
      if (product.word("operator") != "*" || !weights.is("subscript") ||
          !single.contains(weights.child("value").text()))
        continue;
      const Item statement = statement_of(call);
      if (has_cast_back(port, statement)) continue;
      // What the sum is called may be cast later.
      const std::string_view name = statement.first().child("left").text();
      bool later = false;
      for (const Item& cast : function.body.all("call")) {
        later = later || (cast.index() > call.index() && is_cast(cast) && !name.empty() && names(cast, name));
      }
      if (later) continue;
      found.push_back(spot(
          call, fmt::format("`{}` is float32 and makes float32 of the experts' sum", weights.child("value").text()),
          "cast the sum back: .astype(x.dtype)"));
    }
  }
  return found;
}

Spots find_missing_cast_predicate(const Port& port) {
  const Class* model = port.class_named("Model");
  if (model == nullptr || !knows_bases(port.model()) || inherited(port.model(), "cast_predicate") != nullptr) return {};
  for (const Class& type : port.classes()) {
    const Function* init = type.method("__init__");
    if (init == nullptr || !is_module(port, type)) continue;
    const auto given = given_attributes(*init);
    for (const Given& one : given) {
      const std::string name = port.called(one.value);
      if (one.name.starts_with('_') || !one_of(name, {"mx.zeros", "mx.ones"})) continue;
      const Item dtype = keyword(one.value, "dtype");
      if (dtype && port.full_name(dtype) == "mx.float32") {
        return {spot(one.assignment, fmt::format("{} is made in float32, and converting casts it", one.name),
                     fmt::format("cast_predicate: lambda path: \"{}\" not in path", one.name))};
      }
    }
    for (const Function& method : type.methods) {
      if (!port.in_forward(method.body)) continue;
      for (const Item& cast : method.body.all("call")) {
        const std::string_view name = weight_attribute(port, cast);
        const auto made = std::ranges::find(given, name, &Given::name);
        // A matrix is cast for a product; what is stored in float32 for its precision is a vector by another name.
        if (name.empty() || name == "weight" || made == given.end() || !port.called(made->value).starts_with("mx."))
          continue;
        return {spot(cast, fmt::format("{} is used in float32, and converting has rounded it by then", name),
                     fmt::format("cast_predicate: lambda path: \"{}\" not in path", name))};
      }
    }
  }
  return {};
}

Spots find_fixed_dtypes(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Item& attribute : function.body.all("attribute")) {
      if (!one_of(port.full_name(attribute), {"mx.bfloat16", "mx.float16"})) continue;
      if (attribute.parent().is("comparison_operator") || attribute.parent().parent().is("comparison_operator"))
        continue;
      if (holds(statement_of(attribute).text(), "finfo")) continue;
      found.push_back(spot(attribute,
                           fmt::format("`{}` is written down, whatever dtype the model has", attribute.text()),
                           "take the dtype of an input"));
    }
  }
  return found;
}

}  // namespace portwright::lint
