// An expression of source reduced to config keys and constants, so that it can be worked out for a config.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace portwright::source {

// A key is a path of names from the config: "hidden_size", "rope_parameters.rope_type". `*` stands for an element
// chosen when the program runs: "layer_types.*" in `config.layer_types[layer_idx]`. The empty key is the config itself.
struct Term {
  enum class Kind {
    unknown,
    constant,
    key,      // parts: what it is where the config has no such key, if the code says so
    several,  // one of the parts; which, the text does not tell
    choice,   // `parts[1] if parts[0] else parts[2]`
    // "each" is `[parts[0] for i in range(parts[1])]`.
    operation,  // of Python, by its own sign ("not", "and", "==", "is not", "in", "+", …), or "isinstance", "has",
                // "len"
  };

  Kind kind = Kind::unknown;
  std::string name;  // of a key or an operation; of isinstance the classes after a space
  Json constant;
  std::vector<Term> parts;

  [[nodiscard]] static Term of_key(std::string key) { return {Kind::key, std::move(key), {}, {}}; }
  [[nodiscard]] static Term of_constant(Json value) { return {Kind::constant, {}, std::move(value), {}}; }
  [[nodiscard]] static Term of_operation(std::string name, std::vector<Term> parts) {
    return {Kind::operation, std::move(name), {}, std::move(parts)};
  }
  // The variable of a loop over range(n).
  [[nodiscard]] static Term counter() { return of_key("#"); }
  [[nodiscard]] bool operator==(const Term&) const = default;
};

// What one config says of a key.
struct KeyValue {
  enum class State { known, absent, unknown };
  State state = State::unknown;
  Json value;
};
using KeyValues = std::function<KeyValue(const std::string& key)>;

// Nothing where the values and the text do not tell.
[[nodiscard]] std::optional<Json> evaluate(const Term& term, const KeyValues& values);

// How often a condition holds: once for a config, or once for each element where it asks for elements.
struct Outcome {
  std::size_t taken = 0;
  std::size_t not_taken = 0;
  std::size_t unknown = 0;
  bool by_element = false;
};
[[nodiscard]] Outcome outcome(const Term& condition, const KeyValues& values);

// Whether Python takes a value for true.
[[nodiscard]] bool is_true(const Json& value);

// Every key in the term, the config itself not counted.
[[nodiscard]] std::vector<std::string> keys_of(const Term& term);

// `key.name`, `key` alone for an empty name and `name` alone for an empty key.
[[nodiscard]] std::string joined_key(const std::string& key, const std::string& name);

// What `[name]` or `.name` of a term is; the fallback is what `.get(name, fallback)` says.
[[nodiscard]] Term part_of(const Term& term, const std::string& name, const std::optional<Term>& fallback = {});

}  // namespace portwright::source
