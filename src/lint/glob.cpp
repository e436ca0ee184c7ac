#include "lint/glob.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/wildcard.hpp"

namespace portwright::lint {
namespace {

bool any_matches(const std::vector<std::string>& patterns, std::string_view id) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches_wildcard(id, pattern); });
}

Status known(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (std::ranges::none_of(rules(), [&](const Rule& rule) { return matches_wildcard(rule.id, pattern); })) {
      return fail(Fault::input, fmt::format("no rule is called '{}'", pattern), "'portwright lint --list' shows them");
    }
  }
  return {};
}

}  // namespace

Result<std::vector<const Rule*>> chosen_rules(const std::vector<std::string>& only,
                                              const std::vector<std::string>& skip, Severity least) {
  for (const auto* patterns : {&only, &skip}) {
    if (const auto all = known(*patterns); !all) return tl::unexpected<Error>(all.error());
  }
  std::vector<const Rule*> chosen;
  for (const Rule& rule : rules()) {
    const bool wanted = only.empty() || any_matches(only, rule.id);
    if (wanted && !any_matches(skip, rule.id) && rule.severity >= least) chosen.push_back(&rule);
  }
  return chosen;
}

}  // namespace portwright::lint
