// A rule is a row of a table: what mlx-lm's maintainers ask, why, where they said so, and the function that looks.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/syntax.hpp"

namespace portwright::lint {

class Port;

enum class Severity {
  note,     // taste, or worth a look
  warning,  // a reviewer would ask
  error,    // upstream would refuse: it breaks users or policy
};

[[nodiscard]] std::string_view name(Severity severity);
[[nodiscard]] std::optional<Severity> severity_named(std::string_view name);

// What a rule's function finds. The frame adds rule and file.
struct Spot {
  source::Place place;
  std::string sentence;  // what is wrong here, with the names it has here
  std::string fix;       // what to write instead; empty where the text does not tell
};

struct Rule {
  std::string_view id;
  Severity severity;
  std::string_view sentence;                    // what is asked, for the table
  std::string_view reason;                      // what goes wrong otherwise
  std::string_view reference;                   // issues and pull requests of ml-explore/mlx-lm, or a file there
  std::vector<Spot> (*find)(const Port& port);  // null: found where a file is read, or by asking its checkout
};

// Every rule, in the order of docs/lint-rules.md.
[[nodiscard]] std::span<const Rule> rules();
// Null where there is none of that id.
[[nodiscard]] const Rule* rule_named(std::string_view id);

}  // namespace portwright::lint
