// Rules by patterns of their ids: "float32-*".
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "lint/rule.hpp"

namespace portwright::lint {

// Those that one of `only` matches (all where it is empty) and none of `skip`, and that are at least `least`.
// A pattern that matches no rule at all is an input error.
[[nodiscard]] Result<std::vector<const Rule*>> chosen_rules(const std::vector<std::string>& only,
                                                            const std::vector<std::string>& skip, Severity least);

}  // namespace portwright::lint
