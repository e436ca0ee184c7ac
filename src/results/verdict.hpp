// How a check ends: exactly one of five, never a bool (ARCHITECTURE.md, "Verdicts").
#pragma once

#include <optional>
#include <string_view>

namespace portwright::results {

enum class Verdict {
  pass,          // measured, inside what correct implementations show
  fail,          // measured, outside, with the evidence
  inconclusive,  // measured, the evidence does not decide
  not_compared,  // not measured, and the record says why
  error,         // the check itself broke
};

[[nodiscard]] std::string_view name(Verdict verdict);  // as in run.json: "pass", "not_compared", …
[[nodiscard]] std::optional<Verdict> verdict_named(std::string_view name);

}  // namespace portwright::results
