#include "source/term.hpp"

#include <algorithm>
#include <array>

#include "source/literal.hpp"

namespace portwright::source {
namespace {

constexpr int deepest_term = 24;
constexpr std::int64_t most_elements = 10'000;  // of a list that is worked out

// The values, and which element `*` means.
struct Asked {
  const KeyValues& values;
  std::optional<std::size_t> element;
  std::optional<std::int64_t> counter = {};  // of a loop over range(n)
};

std::optional<Json> nth(const Json& value, std::size_t element) {
  if (value.is_array() && element < value.size()) return value.at(element);
  if (value.is_object() && element < value.size()) {
    auto it = value.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(element));
    return *it;
  }
  return std::nullopt;
}

// Follows the names after a `*` into a value.
std::optional<Json> below(Json value, std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const auto found = value.is_object() ? value.find(path.substr(0, end)) : value.end();
    if (!value.is_object() || found == value.end()) return std::nullopt;
    value = Json(*found);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return value;
}

KeyValue key_value(const std::string& key, const Asked& asked) {
  if (key == "#") return asked.counter ? KeyValue{KeyValue::State::known, *asked.counter} : KeyValue{};
  const std::size_t star = key.find(".*");
  if (star == std::string::npos) return asked.values(key);
  KeyValue list = asked.values(key.substr(0, star));
  if (list.state != KeyValue::State::known || !asked.element) return {};
  const auto element = nth(list.value, *asked.element);
  if (!element) return {};
  const std::string_view rest = std::string_view(key).substr(std::min(star + 3, key.size()));
  if (rest.find('*') != std::string_view::npos) return {};
  const auto value = below(*element, rest);
  if (!value) return {element->is_object() ? KeyValue::State::absent : KeyValue::State::unknown, {}};
  return {KeyValue::State::known, *value};
}

std::optional<Json> worked_out(const Term& term, const Asked& asked, int depth);

std::optional<Json> compared(const std::string& operation, const Json& a, const Json& b) {
  if (operation == "==" || operation == "is") return Json(a == b);
  if (operation == "!=" || operation == "is not") return Json(a != b);
  if (operation == "in" || operation == "not in") {
    bool holds = false;
    if (b.is_array()) {
      holds = std::ranges::find(b, a) != b.end();
    } else if (b.is_object() && a.is_string()) {
      holds = b.contains(a.get<std::string>());
    } else if (b.is_string() && a.is_string()) {
      holds = b.get<std::string>().find(a.get<std::string>()) != std::string::npos;
    } else {
      return std::nullopt;
    }
    return Json(holds == (operation == "in"));
  }
  if (!a.is_number() || !b.is_number()) return std::nullopt;
  const double left = a.get<double>();
  const double right = b.get<double>();
  if (operation == "<") return Json(left < right);
  if (operation == "<=") return Json(left <= right);
  if (operation == ">") return Json(left > right);
  if (operation == ">=") return Json(left >= right);
  return std::nullopt;
}

bool is_instance(const Json& value, std::string_view type) {
  if (type == "int") return value.is_number_integer() || value.is_boolean();
  if (type == "float") return value.is_number_float();
  if (type == "str") return value.is_string();
  if (type == "bool") return value.is_boolean();
  if (type == "dict") return value.is_object();
  return (type == "list" || type == "tuple") && value.is_array();
}

std::optional<Json> instance(const std::string& name, const Json& value) {
  std::string_view types = std::string_view(name).substr(std::min<std::size_t>(name.find(' ') + 1, name.size()));
  bool holds = false;
  while (!types.empty()) {
    const std::size_t end = std::min(types.find(' '), types.size());
    const std::string_view type = types.substr(0, end);
    constexpr std::array known{"int", "float", "str", "bool", "dict", "list", "tuple"};
    if (std::ranges::find(known, type) == known.end()) return std::nullopt;
    holds = holds || is_instance(value, type);
    types.remove_prefix(std::min(end + 1, types.size()));
  }
  return Json(holds);
}

std::optional<Json> logical(const Term& term, const Asked& asked, int depth) {
  const bool is_and = term.name == "and";
  const auto left = worked_out(term.parts[0], asked, depth + 1);
  if (left && is_true(*left) != is_and) return left;
  const auto right = worked_out(term.parts[1], asked, depth + 1);
  if (left) return right;
  // `x and False` is false whatever x is.
  if (right && is_true(*right) != is_and) return Json(!is_and);
  return std::nullopt;
}

bool is_length(const Json& value) {
  return value.is_number_integer() && value.get<std::int64_t>() >= 0 && value.get<std::int64_t>() <= most_elements;
}

std::optional<Json> each(const Term& term, Asked asked, int depth) {
  const auto count = worked_out(term.parts[1], asked, depth + 1);
  if (!count || !is_length(*count)) return std::nullopt;
  Json list = Json::array();
  for (std::int64_t i = 0; i < count->get<std::int64_t>(); ++i) {
    asked.counter = i;
    auto value = worked_out(term.parts[0], asked, depth + 1);
    if (!value) return std::nullopt;
    list.push_back(std::move(*value));
  }
  return list;
}

// `["full_attention"] * n`
std::optional<Json> repeated(const Json& list, const Json& times) {
  if (!list.is_array() || !is_length(times)) return std::nullopt;
  const auto count = times.get<std::size_t>();
  if (list.size() * count > static_cast<std::size_t>(most_elements)) return std::nullopt;
  Json all = Json::array();
  for (std::size_t i = 0; i < count; ++i) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::optional<Json> operated(const Term& term, const Asked& asked, int depth) {
  const std::string& name = term.name;
  if (name == "has" && term.parts[0].kind == Term::Kind::key) {
    const KeyValue found = key_value(term.parts[0].name, asked);
    if (found.state == KeyValue::State::unknown) return std::nullopt;
    return Json(found.state == KeyValue::State::known);
  }
  if (name == "and" || name == "or") return logical(term, asked, depth);
  if (name == "each") return each(term, asked, depth);
  const auto first = worked_out(term.parts[0], asked, depth + 1);
  if (!first) return std::nullopt;
  if (name == "not") return Json(!is_true(*first));
  if (name == "int" && first->is_number()) return Json(static_cast<std::int64_t>(first->get<double>()));
  if (name == "bool") return Json(is_true(*first));
  if (name == "len") return first->is_structured() ? std::optional(Json(first->size())) : std::nullopt;
  if (name.starts_with("isinstance")) return instance(name, *first);
  if (term.parts.size() < 2) return std::nullopt;
  const auto second = worked_out(term.parts[1], asked, depth + 1);
  if (!second) return std::nullopt;
  if (auto result = compared(name, *first, *second)) return result;
  if (name == "*") {
    if (auto list = repeated(*first, *second)) return list;
  }
  if (name == "+" && first->is_array() && second->is_array()) {
    Json joined = *first;
    joined.insert(joined.end(), second->begin(), second->end());
    return joined;
  }
  return calculated(*first, name, *second);
}

std::optional<Json> worked_out(const Term& term, const Asked& asked, int depth) {
  if (depth > deepest_term) return std::nullopt;
  switch (term.kind) {
    case Term::Kind::unknown:
      return std::nullopt;
    case Term::Kind::constant:
      return term.constant;
    case Term::Kind::key: {
      KeyValue found = key_value(term.name, asked);
      if (found.state == KeyValue::State::known) return std::move(found.value);
      if (found.state == KeyValue::State::absent && !term.parts.empty()) {
        return worked_out(term.parts.front(), asked, depth + 1);
      }
      return std::nullopt;
    }
    case Term::Kind::several: {
      std::optional<Json> common;
      for (const Term& part : term.parts) {
        auto value = worked_out(part, asked, depth + 1);
        if (!value || (common && *common != *value)) return std::nullopt;
        common = std::move(value);
      }
      return common;
    }
    case Term::Kind::choice: {
      const auto condition = worked_out(term.parts[0], asked, depth + 1);
      if (!condition) return std::nullopt;
      return worked_out(term.parts[is_true(*condition) ? 1 : 2], asked, depth + 1);
    }
    case Term::Kind::operation:
      return term.parts.empty() ? std::nullopt : operated(term, asked, depth);
  }
  return std::nullopt;
}

void collect_keys(const Term& term, std::vector<std::string>& found) {
  if (term.kind == Term::Kind::key && !term.name.empty() && term.name != "#" &&
      std::ranges::find(found, term.name) == found.end()) {
    found.push_back(term.name);
  }
  for (const Term& part : term.parts) collect_keys(part, found);
}

void count(const std::optional<Json>& value, Outcome& total) {
  if (!value) {
    ++total.unknown;
  } else {
    ++(is_true(*value) ? total.taken : total.not_taken);
  }
}

}  // namespace

std::optional<Json> evaluate(const Term& term, const KeyValues& values) {
  return worked_out(term, {values, std::nullopt}, 0);
}

Outcome outcome(const Term& condition, const KeyValues& values) {
  Outcome total;
  std::optional<std::size_t> elements;
  for (const std::string& key : keys_of(condition)) {
    const std::size_t star = key.find(".*");
    if (star == std::string::npos) continue;
    const KeyValue list = values(key.substr(0, star));
    if (list.state != KeyValue::State::known || !list.value.is_structured()) continue;
    elements = std::min(elements.value_or(list.value.size()), list.value.size());
  }
  if (!elements) {
    count(evaluate(condition, values), total);
    return total;
  }
  total.by_element = true;
  for (std::size_t i = 0; i < *elements; ++i) count(worked_out(condition, {values, i}, 0), total);
  return total;
}

bool is_true(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

std::vector<std::string> keys_of(const Term& term) {
  std::vector<std::string> found;
  collect_keys(term, found);
  return found;
}

std::string joined_key(const std::string& key, const std::string& name) {
  if (key.empty() || name.empty()) return key + name;
  return key + "." + name;
}

Term part_of(const Term& term, const std::string& name, const std::optional<Term>& fallback) {
  switch (term.kind) {
    case Term::Kind::key: {
      Term part = Term::of_key(joined_key(term.name, name));
      if (fallback) part.parts.push_back(*fallback);
      return part;
    }
    case Term::Kind::several: {
      Term parts{Term::Kind::several, {}, {}, {}};
      for (const Term& part : term.parts) parts.parts.push_back(part_of(part, name, fallback));
      return parts;
    }
    case Term::Kind::choice:
      return {Term::Kind::choice,
              {},
              {},
              {term.parts[0], part_of(term.parts[1], name, fallback), part_of(term.parts[2], name, fallback)}};
    case Term::Kind::operation:
      // `(config.rope_scaling or {}).get("factor")`
      if (term.name != "or") return {};
      return Term{Term::Kind::several,
                  {},
                  {},
                  {part_of(term.parts[0], name, fallback), part_of(term.parts[1], name, fallback)}};
    case Term::Kind::constant:
      if (term.constant.is_object()) {
        if (const auto found = term.constant.find(name); found != term.constant.end()) return Term::of_constant(*found);
        if (fallback) return *fallback;
      }
      return {};
    case Term::Kind::unknown:
      break;
  }
  return {};
}

}  // namespace portwright::source
