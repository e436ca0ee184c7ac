// One requirement of a package, as metadata words it: "tokenizers<0.24.0,>=0.23.1; extra == 'x'" (PEP 508), and
// whether a version satisfies it (PEP 440, as far as releases go).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portwright::workspace {

struct Requirement {
  std::string name;                 // normalised
  std::vector<std::string> bounds;  // "<0.24.0", ">=0.23.1"
  std::string marker;               // when it applies; empty: always

  // Nothing where it cannot be told: a pre-release, a bound in words that are not known here.
  [[nodiscard]] std::optional<bool> satisfied_by(std::string_view version) const;
};

// Nothing where the text is none.
[[nodiscard]] std::optional<Requirement> parse_requirement(std::string_view text);

}  // namespace portwright::workspace
