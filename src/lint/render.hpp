// What a person, GitHub and other programs read of a lint.
#pragma once

#include <string>

#include "base/json.hpp"
#include "base/terminal.hpp"
#include "lint/lint.hpp"

namespace portwright::lint {

// `file:line:column  severity  rule  sentence`, what to write under it, and a closing line with counts.
[[nodiscard]] std::string text_of(const Report& report, const Terminal& terminal);

// Workflow commands: GitHub shows each beside its line.
[[nodiscard]] std::string github_annotations(const Report& report);

// SARIF 2.1.0 (OASIS standard, March 2020).
[[nodiscard]] Json sarif(const Report& report);

// Of all rules: a line each, the same as Markdown with reasons and examples (docs/lint-rules.md), and one in full.
[[nodiscard]] std::string rules_text(int width);
[[nodiscard]] std::string rules_markdown();
[[nodiscard]] std::string explained(const Rule& rule, int width);
[[nodiscard]] Json to_json(const Rule& rule);

}  // namespace portwright::lint
