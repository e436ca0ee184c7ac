// One file held against the chosen rules.
#pragma once

#include <vector>

#include "lint/finding.hpp"
#include "lint/library.hpp"

namespace portwright::lint {

struct CheckedFile {
  bool port = false;  // false: neither Model nor ModelArgs is there, and no rule was asked
  std::vector<Finding> findings;
};

// Text that is no Python is one finding of the rule `syntax`, and no other rule is asked.
[[nodiscard]] Result<CheckedFile> checked(Library& library, const std::filesystem::path& file,
                                          const std::vector<const Rule*>& rules);

}  // namespace portwright::lint
