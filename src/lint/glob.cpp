#include "lint/glob.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portwright::lint {
namespace {

bool any_matches(const std::vector<std::string>& patterns, std::string_view id) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(pattern, id); });
}

Status known(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (std::ranges::none_of(rules(), [&](const Rule& rule) { return matches(pattern, rule.id); })) {
      return fail(Fault::input, fmt::format("no rule is called '{}'", pattern), "'portwright lint --list' shows them");
    }
  }
  return {};
}

}  // namespace

bool matches(std::string_view pattern, std::string_view id) {
  // Where the last star was met, and how much of the id it had taken.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  std::size_t p = 0;
  std::size_t i = 0;
  while (i < id.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = i;
    } else if (p < pattern.size() && pattern[p] == id[i]) {
      ++p;
      ++i;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      i = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

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
