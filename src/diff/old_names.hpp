// The older and other names that transformers still takes for a config key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "source/config_class.hpp"

namespace portwright::diff {

struct OldName {
  std::string from;
  std::string to;
  bool merges = false;            // a dictionary whose parts go there: rope_scaling into rope_parameters
  std::optional<Json> otherwise;  // the value where neither is set
  source::Line line;              // where the class says so
};

// In the order in which they count: the first that is set wins.
[[nodiscard]] std::vector<OldName> old_names(const source::ConfigClass& type);

}  // namespace portwright::diff
