// What an expression of a model's code is in terms of config keys: through names, attributes and arguments.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/class_body.hpp"
#include "source/term.hpp"

namespace portwright::source {

// Where an expression stands.
struct Scope {
  const SourceFile* file = nullptr;
  Definition owner;  // the class whose `self` is meant; nothing for a plain function
  Node function;
  bool is_config = false;  // `self` is a config: `self.hidden_size` is a key
};

class KeyTerms {
 public:
  explicit KeyTerms(SourceFiles& files) : files_(files) {}

  [[nodiscard]] Term of(const Node& expression, const Scope& scope);

  // What callers give a parameter; several callers may give several things.
  void bind(const Node& function, const std::string& parameter, const Term& term);
  // What `self` of a config class is: the key of the config it is made from.
  void bind_config(const Definition& type, const Term& term);

  // Ends a round: what it bound counts from now on. True where that differs from the round before. In the first round
  // what is bound counts at once.
  [[nodiscard]] bool learnt();

  // The config that a class was built with.
  [[nodiscard]] Term config_of(const Definition& type);

 private:
  using Named = std::pair<const void*, std::string>;

  [[nodiscard]] Term name_term(const Node& identifier, const Scope& scope);
  [[nodiscard]] Term variable_term(const std::string& name, const Scope& scope);
  [[nodiscard]] Term parameter_term(const std::string& name, const Scope& scope);
  [[nodiscard]] Term own_attribute(const std::string& name, const Scope& scope);
  [[nodiscard]] Term given_attribute(const std::string& name, const Scope& scope);
  [[nodiscard]] Term call_term(const Node& call, const Scope& scope);
  [[nodiscard]] Term method_term(const Node& call, const Scope& scope);
  [[nodiscard]] Term comparison(const Node& node, const Scope& scope);
  [[nodiscard]] Term subscript(const Node& node, const Scope& scope);
  [[nodiscard]] Definition built_in(const Node& object, const Scope& scope);
  [[nodiscard]] Term put_into(const Node& dictionary, const Scope& scope);
  [[nodiscard]] Term key_named(const Term& object, const Node& name, const Scope& scope,
                               const std::optional<Term>& fallback);

  SourceFiles& files_;
  using Bound = std::map<const void*, std::map<std::string, Term, std::less<>>>;  // by function and parameter
  Bound bound_;
  Bound collected_;
  std::map<std::pair<const void*, Named>, Term> known_;  // by function or class, and name
  std::vector<Named> active_;                            // names being worked out
  bool cut_ = false;                                     // an answer was cut short, and holds here only
  bool is_first_round_ = true;
  int depth_ = 0;
};

// Whether a parameter of this name holds a config: "config", "args", "text_config".
[[nodiscard]] bool is_config_name(std::string_view name);

// The names of a function's parameters, without `self` and `cls` where it is a method that has them.
struct Parameter {
  std::string name;
  Node fallback;  // its default; null where there is none
};
[[nodiscard]] std::vector<Parameter> parameters_of(const Node& function);

}  // namespace portwright::source
