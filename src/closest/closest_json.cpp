#include <cmath>

#include "closest/closest.hpp"
#include "closest/facts.hpp"

namespace portwright::closest {
namespace {

double rounded(double share) { return std::round(share * 1000) / 1000; }

Json place_json(const Place& place) { return {{"file", place.file.string()}, {"line", place.line}}; }

Json words_of(const std::vector<std::string_view>& ids) {
  Json list = Json::array();
  for (const std::string_view id : ids) {
    const Fact* fact = fact_named(id);
    list.push_back({{"fact", id}, {"topic", fact->topic}, {"words", fact->words}});
  }
  return list;
}

Json places_json(const Keys& names) {
  Json list = Json::array();
  for (const auto& [name, place] : names) list.push_back({{"name", name}, {"reference", place_json(place)}});
  return list;
}

Json missing_json(const Difference& difference) {
  const bool known = !difference.known_in.empty();
  Json json = {{"fact", difference.fact},
               {"topic", difference.topic},
               {"words", difference.words},
               {"reference", place_json(difference.reference)},
               {"kind", known ? "known variation" : "new"},
               {"known_in", nullptr}};
  if (known) json["known_in"] = {{"port", difference.known_in}, {"at", place_json(difference.known)}};
  return json;
}

Json ranked_json(const Ranked& ranked) {
  const auto& [candidate, comparison] = ranked;
  Json missing = Json::array();
  for (const Difference& one : comparison.missing) missing.push_back(missing_json(one));
  return {{"name", candidate.name},
          {"file", candidate.file},
          {"score", rounded(candidate.score)},
          {"facts", rounded(candidate.similarity.facts)},
          {"keys", rounded(candidate.similarity.keys)},
          {"parameters", rounded(candidate.similarity.parameters)},
          {"in_words", in_words(candidate, comparison)},
          {"identical", comparison.identical},
          {"same_names", comparison.same_names},
          {"equal", words_of(comparison.equal)},
          {"missing", std::move(missing)},
          {"superfluous", words_of(comparison.superfluous)},
          {"options", words_of(comparison.options)},
          {"other_weights", comparison.other_weights}};
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

Json to_json(const Answer& answer) {
  Json parents = Json::array();
  for (const Parent& parent : answer.parents)
    parents.push_back({{"model", parent.folder}, {"classes", parent.classes}});
  Json ranked = Json::array();
  for (const Ranked& one : answer.ranked) ranked.push_back(ranked_json(one));
  Json facts = Json::array();
  for (const Fact& fact : closest::facts()) {
    const auto place = answer.structure.facts.find(fact.id);
    if (place == answer.structure.facts.end()) continue;
    facts.push_back(
        {{"fact", fact.id}, {"topic", fact.topic}, {"words", fact.words}, {"reference", place_json(place->second)}});
  }
  return {{"schema", "portwright.closest/1"},
          {"model_type", answer.model_type},
          {"reference", answer.reference},
          {"language_model", or_null(answer.language_model)},
          {"among", answer.among_references ? "references" : "ports"},
          {"own_port", or_null(answer.own_port)},
          {"remapped_to", or_null(answer.remapped_to)},
          {"left_out", answer.left_out},
          {"unread", answer.unread},
          {"parents", std::move(parents)},
          {"compared", answer.compared},
          {"facts", std::move(facts)},
          {"ranked", std::move(ranked)},
          {"new_keys", places_json(answer.new_keys)},
          {"new_parameters", places_json(answer.new_parameters)}};
}

}  // namespace portwright::closest
