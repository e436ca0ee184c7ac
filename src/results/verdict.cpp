#include "results/verdict.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace portwright::results {
namespace {

constexpr std::array<std::pair<Verdict, std::string_view>, 5> names{{{Verdict::pass, "pass"},
                                                                     {Verdict::fail, "fail"},
                                                                     {Verdict::inconclusive, "inconclusive"},
                                                                     {Verdict::not_compared, "not_compared"},
                                                                     {Verdict::error, "error"}}};

}  // namespace

std::string_view name(Verdict verdict) {
  return std::ranges::find(names, verdict, &decltype(names)::value_type::first)->second;
}

std::optional<Verdict> verdict_named(std::string_view name) {
  const auto found = std::ranges::find(names, name, &decltype(names)::value_type::second);
  if (found == names.end()) return std::nullopt;
  return found->first;
}

}  // namespace portwright::results
