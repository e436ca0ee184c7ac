// mlx-lm's conventions, asked of the ports in files and folders. Nothing of what is read is run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "lint/finding.hpp"

namespace portwright::lint {

struct Settings {
  std::vector<std::filesystem::path> files;  // ports, or folders of which every port is meant
  std::vector<std::string> only;             // globs over rule ids; empty: all
  std::vector<std::string> skip;             // globs over rule ids
  Severity least = Severity::warning;        // what lies below is left out
  bool format_check = false;                 // also run black and isort
  std::filesystem::path python;              // whose black and isort; empty: those on PATH
};

struct Report {
  std::vector<Finding> findings;   // in the order of files, lines and columns
  std::size_t ports = 0;           // that were looked at
  std::size_t others = 0;          // Python files of folders that are no ports
  std::vector<std::string> notes;  // what could not be asked, one sentence each

  [[nodiscard]] std::size_t count(Severity severity) const;
  [[nodiscard]] bool any_from(Severity severity) const;
};

// Errors: a file that is not there or cannot be read, an unknown rule. `# portwright: ignore[rule]` at the end of a
// line leaves out what that rule finds in it, without brackets what any rule finds.
[[nodiscard]] Result<Report> lint(const Settings& settings);

[[nodiscard]] Json to_json(const Report& report);

}  // namespace portwright::lint
