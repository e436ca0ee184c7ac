#include "hub/listed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "checkpoint/model_name.hpp"
#include "hub/ask.hpp"
#include "hub/json_fields.hpp"

namespace portwright::hub {
namespace {

constexpr int longest_descent = 8;       // of a model made from a model made from …
constexpr std::size_t owners_asked = 5;  // whose own repositories are listed besides the most downloaded
constexpr std::uint64_t derived_limit = 200;

bool is_type(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

Result<Json> list(Json criteria, probe::Workers& workers) {
  criteria["do"] = "list";
  return ask(workers, std::move(criteria), page_deadline);
}

// Adds what is not there yet.
void add(const Json& answer, Listed& to) {
  std::set<std::string> known;
  for (const Facts& model : to.models) known.insert(model.repo);
  for (const Json& model : array_of(answer, "models")) {
    Facts facts = facts_of(model);
    if (known.insert(facts.repo).second) to.models.push_back(std::move(facts));
  }
  to.offline = text_of(answer, "source") == "cache";
}

// From what was asked for to the repository it goes back to, by the bases that are declared.
Result<Facts> descend(const std::string& asked, probe::Workers& workers, std::vector<std::string>& notes) {
  const auto name = checkpoint::parse_model_name(asked);
  if (!name) return tl::unexpected<Error>(name.error());
  if (name->source != checkpoint::Source::hub) {
    return fail(Fault::input, fmt::format("'{}' is no repository of the Hub", asked), "name one as org/name");
  }
  std::string repo = name->name;
  std::set<std::string> seen;
  for (int steps = 0;; ++steps) {
    const auto answer =
        ask(workers, {{"do", "describe"}, {"repo", repo}, {"texts", Json::array({"config.json"})}}, page_deadline);
    if (!answer) return tl::unexpected<Error>(answer.error());
    Examined found = examined(*answer);
    if (found.facts.model_type.empty()) found.facts.model_type = text_of(found.config, "model_type");
    seen.insert(repo);
    const std::string base = found.facts.bases.empty() ? "" : found.facts.bases.front();
    if (base.empty() || owner_of(base) == found.facts.author || seen.contains(base) || steps == longest_descent) {
      return std::move(found.facts);
    }
    notes.push_back(fmt::format("{} is made from {}: that owner's variants are shown", repo, base));
    repo = base;
  }
}

Result<Listed> list_around(const std::string& asked, std::uint64_t limit, probe::Workers& workers) {
  Listed listed;
  const auto root = descend(asked, workers, listed.notes);
  if (!root) return tl::unexpected<Error>(root.error());
  if (root->model_type.empty()) {
    return fail(Fault::input, fmt::format("the Hub knows no model type of {}", root->repo),
                "name the type itself, as config.json has it under model_type");
  }
  listed.model_type = root->model_type;
  listed.owner = root->author;
  const auto own = list({{"model_type", root->model_type}, {"author", root->author}, {"limit", limit}}, workers);
  if (!own) return tl::unexpected<Error>(own.error());
  add(*own, listed);
  listed.more = flag_of(*own, "more");
  if (listed.offline) return listed;
  const auto derived = list({{"base", root->repo}, {"limit", std::min(limit, derived_limit)}}, workers);
  if (!derived) return tl::unexpected<Error>(derived.error());
  add(*derived, listed);
  return listed;
}

Result<Listed> list_type(const std::string& type, std::uint64_t limit, probe::Workers& workers) {
  if (!is_type(type)) {
    return fail(Fault::input, fmt::format("'{}' is neither a model type nor ORG/NAME", type),
                "a type is what config.json has under model_type, such as llama");
  }
  Listed listed;
  listed.model_type = type;
  const auto first = list({{"model_type", type}, {"limit", limit}}, workers);
  if (!first) return tl::unexpected<Error>(first.error());
  add(*first, listed);
  listed.more = flag_of(*first, "more");
  if (listed.models.empty()) {
    return fail(Fault::input,
                fmt::format("there is no repository of the type '{}' {}", type,
                            listed.offline ? "in the cache, and the network is switched off" : "on the Hub"),
                listed.offline ? "unset HF_HUB_OFFLINE" : "a type is what config.json has under model_type");
  }
  if (!listed.more) return listed;
  // The list was cut: what publishers have that is downloaded less is asked for by their names.
  const std::vector<std::string> owners = listed.publishers().owners();
  for (std::size_t i = 0; i < std::min(owners.size(), owners_asked); ++i) {
    const auto own = list({{"model_type", type}, {"author", owners[i]}, {"limit", limit}}, workers);
    if (!own) return tl::unexpected<Error>(own.error());
    add(*own, listed);
  }
  return listed;
}

}  // namespace

Result<Listed> list_models(const std::string& asked, std::uint64_t limit, probe::Workers& workers,
                           const std::function<void(const std::string&)>& tell) {
  tell("asking the Hub for its list");
  return asked.find('/') == std::string::npos ? list_type(asked, limit, workers) : list_around(asked, limit, workers);
}

}  // namespace portwright::hub
