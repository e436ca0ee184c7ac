// Everything a run needs of this machine, looked at before a run does.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "workspace/finding.hpp"
#include "workspace/python.hpp"

namespace portwright::workspace {

struct Examination {
  std::vector<Finding> findings;
  std::optional<Choice> python;  // absent where no interpreter counts

  [[nodiscard]] bool usable() const;  // nothing is missing
};

// `python`: the interpreter to look at; empty: the one a run would choose. An error where the named one is none.
[[nodiscard]] Result<Examination> examine(const std::filesystem::path& python);

}  // namespace portwright::workspace
