#include "closest/comparison.hpp"

#include <algorithm>

#include "closest/facts.hpp"
#include "closest/names.hpp"

namespace portwright::closest {
namespace {

Difference difference(const Fact& fact, const Place& reference, const std::vector<Candidate>& ranked) {
  Difference found{fact.id, fact.topic, fact.words, reference, {}, {}};
  for (const Candidate& other : ranked) {
    const auto place = other.structure.facts.find(fact.id);
    if (place == other.structure.facts.end()) continue;
    found.known_in = other.file;
    found.known = place->second;
    break;
  }
  return found;
}

bool same_names(const Keys& one, const Keys& other) {
  return std::ranges::equal(one, other, {}, [](const auto& each) { return each.first; },
                            [](const auto& each) { return each.first; });
}

}  // namespace

Comparison compare(const Structure& reference, const Candidate& candidate, const std::vector<Candidate>& ranked) {
  Comparison found;
  for (const Fact& fact : facts()) {
    const auto here = reference.facts.find(fact.id);
    const bool there = candidate.structure.has(fact.id);
    if (here != reference.facts.end() && there) {
      found.equal.push_back(fact.id);
    } else if (here != reference.facts.end()) {
      found.missing.push_back(difference(fact, here->second, ranked));
    } else if (there) {
      (fact.optional ? found.options : found.superfluous).push_back(fact.id);
    }
  }
  found.identical = reference.has_layers && found.missing.empty() && found.superfluous.empty() &&
                    same_names(reference.parameters, candidate.structure.parameters);
  found.same_names = found.identical && reference.names == candidate.structure.names;
  return found;
}

std::string in_words(const Candidate& candidate, const Comparison& comparison) {
  std::vector<std::string> with;
  for (const Difference& one : comparison.missing) {
    if (one.topic != "cache") with.emplace_back(one.words);  // a cache follows from what it serves
  }
  std::vector<std::string> without;
  for (const std::string_view id : comparison.superfluous) {
    const Fact* fact = fact_named(id);
    if (fact->topic != "cache") without.emplace_back(fact->words);
  }
  std::string text = "as " + candidate.name;
  if (!with.empty()) text += ", with " + listed_names(with);
  if (!without.empty()) text += (with.empty() ? ", without " : "; without ") + listed_names(without);
  return text;
}

}  // namespace portwright::closest
