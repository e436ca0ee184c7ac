#include "lint/rule_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace portwright::lint {
namespace {

constexpr std::size_t most_ports = 24;  // that are followed from import to import

bool is_dataclass(const Class& type) {
  for (const Item& part : type.decorated.children()) {
    if (part.is("decorator") && holds(part.text(), "dataclass")) return true;
  }
  return false;
}

// What this file imports from other ports, directly or through them: they may read the same config.
std::vector<const Port*> imported_ports(const Port& port) {
  std::vector<const Port*> found{&port};
  for (std::size_t i = 0; i < found.size() && found.size() < most_ports; ++i) {
    for (const ImportedName& import : found[i]->imports()) {
      if (!import.module.starts_with('.')) continue;
      const Port* other = found[i]->beside(import.module == "." ? import.name : import.module.substr(1));
      const bool reads_config = other != nullptr && (other->gives("ModelArgs") || import.module != ".base");
      if (reads_config && std::ranges::find(found, other) == found.end()) found.push_back(other);
    }
  }
  found.erase(found.begin());
  return found;
}

// Handed on as a whole, where any field may be read.
bool hands_config_on(const Port& port) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"asdict", "__dict__", "vars", "signature", "fields"},
      [&](std::string_view name) { return !port.named(name).empty(); });
}

bool is_read(const Port& port, const Field& field) {
  for (const Item& use : port.named(field.name)) {
    if (use == field.item.child("left")) continue;
    const Item whole = use.parent();
    if (whole.is("keyword_argument") && use.field() == "name") continue;
    const bool stored = whole.is("attribute") && whole.field() == "left" && whole.parent().is("assignment");
    if (!stored && whole.is("attribute")) return true;
  }
  const auto strings = port.tree().all("string");
  return std::ranges::any_of(strings, [&](const Item& text) { return unquoted(text.text()) == field.name; });
}

// `self.rope_scaling`, `args.rope_scaling["type"]`: the name after the config; empty for anything else.
std::string_view field_of_config(Item item, bool in_config_class) {
  while (item.is("subscript")) item = item.child("value");
  if (!item.is("attribute")) return {};
  const std::string_view object = item.child("object").text();
  const bool config =
      in_config_class ? object == "self" : one_of(object, {"args", "config", "self.args", "self.config"});
  return config ? item.child("attribute").text() : std::string_view{};
}

bool is_copied(const Function& function, std::string_view field, const Item& before) {
  for (const Given& given : given_attributes(function)) {
    if (given.name == field && given.assignment.index() < before.index()) return true;
  }
  return false;
}

// Each value that `is_target` names and the function changes, at its first change: assignments to it, and calls that
// change a dictionary or list.
template <class IsTarget>
void find_changes(const Item& in, IsTarget is_target, Spots& found) {
  std::set<std::string_view> told;
  const auto add = [&](const Item& change, const Item& target) {
    Item value = target;
    while (value.is("subscript")) value = value.child("value");
    if (!told.insert(value.text()).second) return;
    found.push_back(spot(change,
                         fmt::format("`{}` changes the config that was handed in", brief(statement_of(change).text())),
                         fmt::format("copy it first, or give it another name: dict({})", brief(value.text()))));
  };
  for (const char* kind : {"assignment", "augmented_assignment"}) {
    for (const Item& assignment : in.all(kind)) {
      if (is_target(assignment.child("left"), false)) add(assignment, assignment.child("left"));
    }
  }
  for (const Item& call : in.all("call")) {
    const Item object = call.child("function").child("object");
    const bool changes = one_of(verb(call), {"pop", "update", "setdefault", "append", "insert", "clear"});
    if (changes && is_target(object, true)) add(call, object);
  }
}

// Whether somewhere the value is asked whether it is there.
bool is_guarded(const Port& port, std::string_view field) {
  for (const Item& use : port.named(field)) {
    const Item item = use.parent();
    if (!item.is("attribute")) continue;  // the field itself
    const Item around = item.parent();
    if (around.is("boolean_operator") || around.is("not_operator") || around.is("comparison_operator")) return true;
    if (item.field() == "condition" || around.is("conditional_expression")) return true;
    if (around.is("argument_list") && around.parent().is("call")) return true;  // handed on, or getattr
    if (around.is("assignment") && item.field() == "left") return true;         // set where it is missing
  }
  return false;
}

bool builds_head(const Port& port) {
  const Class* model = port.class_named("Model");
  const Function* init = model == nullptr ? nullptr : model->method("__init__");
  if (init == nullptr) return false;
  const auto given = given_attributes(*init);
  return std::ranges::any_of(given, [](const Given& one) { return one.name == "lm_head"; });
}

bool has_field(const std::vector<Field>& fields, std::string_view name) {
  return std::ranges::find(fields, name, &Field::name) != fields.end();
}

}  // namespace

Spots find_broken_args(const Port& port) {
  const Class* config = port.class_named("ModelArgs");
  if (config == nullptr) return {};
  const auto fields = fields_of(*config);
  Spots found;
  const Item name = config->item.child("name");
  if (!fields.empty() && !is_dataclass(*config)) {
    found.push_back(
        spot(name, "ModelArgs has fields and is no dataclass: from_dict gives it none", "write @dataclass"));
  }
  if (config->bases.empty() && config->method("from_dict") == nullptr) {
    found.push_back(spot(name, "ModelArgs has no from_dict", "derive it from BaseModelArgs"));
  }
  const Field* earlier = nullptr;
  for (const Field& field : fields) {
    if (field.value.is("list") || field.value.is("dictionary") || field.value.is("set")) {
      found.push_back(spot(field.value,
                           fmt::format("the default of {} is shared by all: a dataclass refuses it", field.name),
                           "write None, or field(default_factory=…)"));
    }
    if (field.value) {
      earlier = &field;
    } else if (earlier != nullptr && !holds(config->decorated.first().text(), "kw_only")) {
      found.push_back(spot(field.item,
                           fmt::format("{} has no default and follows {}, which has one: a dataclass refuses it",
                                       field.name, earlier->name),
                           "move it up"));
      break;
    }
  }
  return found;
}

Spots find_unused_fields(const Port& port) {
  const Class* config = port.class_named("ModelArgs");
  if (config == nullptr || hands_config_on(port)) return {};
  const std::vector<const Port*> others = imported_ports(port);
  if (std::ranges::any_of(others,
                          [](const Port* other) { return other->gives("ModelArgs") && hands_config_on(*other); })) {
    return {};
  }
  std::vector<std::string> unused;
  Item first;
  for (const Field& field : fields_of(*config)) {
    const bool elsewhere = std::ranges::any_of(others, [&](const Port* other) { return other->uses_name(field.name); });
    // The two that others ask of a model: which one it is, and how long a text it takes.
    if (one_of(field.name, {"model_type", "max_position_embeddings"}) || is_read(port, field) || elsewhere) continue;
    if (unused.empty()) first = field.item;
    unused.emplace_back(field.name);
  }
  if (unused.empty()) return {};
  const bool one = unused.size() == 1;
  return {spot(first, fmt::format("{} {} read nowhere", listed(unused), one ? "is" : "are"),
               one ? "use it as the reference does, or remove it" : "use them as the reference does, or remove them")};
}

Spots find_mutated_config(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const bool config = is_dataclass(type) && !is_module(port, type);
    for (const Function& method : type.methods) {
      const auto is_target = [&](const Item& item, bool called) {
        const std::string_view field = field_of_config(item, config);
        if (field.empty()) return false;
        if (!config) return true;
        // Its own fields are its to set; the dictionaries and lists in them are the caller's.
        return (called || item.is("subscript")) && !is_copied(method, field, item);
      };
      find_changes(method.body, is_target, found);
    }
  }
  return found;
}

Spots find_unguarded_rope_parameters(const Port& port) {
  const Class* config = port.class_named("ModelArgs");
  if (config == nullptr) return {};
  for (const Field& field : fields_of(*config)) {
    if (field.name != "rope_parameters") continue;
    if (!field.value) {
      return {spot(field.item, "a config without rope_parameters cannot be read: the field has no default",
                   "give it None, and take rope_theta where it is absent")};
    }
    if (!field.value.is("none") || is_guarded(port, field.name)) return {};
    for (const Item& use : port.named(field.name)) {
      const Item around = use.parent().parent();
      const bool looked_into = around.is("subscript") || (around.is("attribute") && around.parent().is("call"));
      if (use.parent().is("attribute") && looked_into) {
        return {
            spot(use.parent(), "rope_parameters may be null, and this looks into it", "ask first whether it is None")};
      }
    }
  }
  return {};
}

Spots find_ignored_rope_scaling(const Port& port) {
  const auto fields = port.config_fields();
  if (!has_field(fields, "rope_scaling") || !port.named("initialize_rope").empty()) return {};
  if (port.named("rope_scaling").size() < 2) return {};  // an unused field says it already
  const bool own_rope = std::ranges::any_of(port.classes(), [](const Class& type) {
    return holds(type.name, "RoPE") || holds(type.name, "Rotary") || holds(type.name, "Rope");
  });
  if (own_rope) return {};
  Item plain;
  for (const Item& call : port.tree().all("call")) {
    const std::string name = port.called(call);
    if (name == "nn.RoPE") {
      if (keyword(call, "scale") || arguments(call).size() > 3) return {};
      plain = call;
    } else if (holds(name, "RoPE") || holds(name, "Rotary") || holds(name, "rope.")) {
      return {};
    }
  }
  if (!plain) return {};
  return {spot(plain, "rope_scaling is read from config and does not reach this rotation",
               "build it with rope_utils.initialize_rope")};
}

Spots find_kept_tied_head(const Port& port) {
  if (!builds_head(port) || !has_field(port.config_fields(), "tie_word_embeddings")) return {};
  if (port.named("as_linear").empty()) return {};
  const FoundClass model = port.model();
  const Function* sanitize = inherited(model, "sanitize");
  if (sanitize != nullptr && (holds(sanitize->body.text(), "lm_head") || holds(sanitize->body.text(), ".sanitize(")))
    return {};
  if (!knows_bases(model)) return {};
  const Class& type = *port.class_named("Model");
  return {spot(sanitize == nullptr || type.method("sanitize") == nullptr ? type.item.child("name")
                                                                         : sanitize->item.child("name"),
               "a tied checkpoint that still holds lm_head.weight fails to load",
               "if self.args.tie_word_embeddings: weights.pop(\"lm_head.weight\", None)")};
}

Spots find_ignored_tying(const Port& port) {
  if (!builds_head(port) || has_field(port.config_fields(), "tie_word_embeddings")) return {};
  if (!knows_bases(port.resolve("ModelArgs")) && port.class_named("ModelArgs") == nullptr) return {};
  if (!port.named("as_linear").empty()) return {};
  const Class& model = *port.class_named("Model");
  return {spot(model.item.child("name"), "tied embeddings cannot be loaded: there is no tie_word_embeddings",
               "add the field where the reference's config has it")};
}

}  // namespace portwright::lint
