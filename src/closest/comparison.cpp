#include "closest/comparison.hpp"

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

std::vector<std::string> other_weights(const Keys& one, const Keys& other) {
  std::vector<std::string> found;
  for (const auto& [name, ignored] : one) {
    if (!other.contains(name)) found.push_back(name);
  }
  for (const auto& [name, ignored] : other) {
    if (!one.contains(name)) found.push_back(name);
  }
  return found;
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
  found.other_weights = other_weights(reference.parameters, candidate.structure.parameters);
  found.identical =
      reference.has_layers && found.missing.empty() && found.superfluous.empty() && found.other_weights.empty();
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
  if (!with.empty() || !without.empty() || comparison.other_weights.empty()) return text;
  constexpr std::size_t most = 3;
  std::vector<std::string> names = comparison.other_weights;
  if (names.size() > most) {
    names.resize(most);
    names.push_back(std::to_string(comparison.other_weights.size() - most) + " more");
  }
  return text + ", but for the weights " + listed_names(names);
}

}  // namespace portwright::closest
