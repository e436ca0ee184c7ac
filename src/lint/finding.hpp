// One place in a file that goes against a rule.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.hpp"
#include "lint/rule.hpp"

namespace portwright::lint {

struct Finding {
  const Rule* rule = nullptr;
  std::filesystem::path file;
  int line = 1;
  int column = 1;  // both from 1; a column counts characters
  std::string sentence;
  std::string fix;     // may be empty
  std::string detail;  // the line with a caret, for what is no Python; may be empty
};

[[nodiscard]] Json to_json(const Finding& finding);

}  // namespace portwright::lint
