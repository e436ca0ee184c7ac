#include "hub/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "hub/ask.hpp"
#include "hub/config_groups.hpp"
#include "hub/json_fields.hpp"
#include "hub/listed.hpp"

namespace portwright::hub {
namespace {

constexpr std::size_t most_examined = 100;  // three small requests each
constexpr std::string_view undeclared = "undeclared";

std::string config_dtype(const Json& config) {
  for (const char* key : {"dtype", "torch_dtype"}) {
    if (std::string named = text_of(config, key); !named.empty()) return named;
  }
  return text_of(object_of(config, "text_config"), "dtype");
}

Variant variant_of(Examined model) {
  Variant variant{
      .model = std::move(model), .role = {}, .dtype = {}, .dtype_source = {}, .config = {}, .config_from = {}};
  variant.role = role_of(variant.model);
  variant.dtype = config_dtype(variant.model.config);
  if (!variant.dtype.empty()) {
    variant.dtype_source = "config.json";
  } else if (const auto& counted = variant.model.facts.parameters; !counted.empty()) {
    variant.dtype = std::ranges::max_element(counted, {}, [](const auto& one) { return one.second; })->first;
    variant.dtype_source = "safetensors metadata";
  }
  return variant;
}

// The most downloaded first, and no more than can be looked at in reasonable time.
std::vector<std::string> to_examine(const std::vector<Facts>& models, const std::set<std::string>& out,
                                    Discovery& discovery) {
  std::vector<const Facts*> chosen;
  for (const Facts& model : models) {
    if (!out.contains(model.repo)) chosen.push_back(&model);
  }
  std::ranges::sort(chosen, {},
                    [](const Facts* model) { return std::tuple(~model->downloads.value_or(0), model->repo); });
  if (chosen.size() > most_examined) {
    discovery.notes.push_back(fmt::format("of {} candidates the {} most downloaded were looked at; ORG/NAME narrows it",
                                          chosen.size(), most_examined));
    chosen.resize(most_examined);
  }
  std::vector<std::string> repos;
  repos.reserve(chosen.size());
  for (const Facts* model : chosen) repos.push_back(model->repo);
  return repos;
}

Result<std::vector<Examined>> examine(const std::vector<std::string>& repos, probe::Workers& workers,
                                      Discovery& discovery) {
  const auto answer = ask(workers, {{"do", "survey"}, {"repos", repos}, {"texts", texts_to_read()}}, page_deadline);
  if (!answer) return tl::unexpected<Error>(answer.error());
  std::vector<Examined> models;
  for (const auto& [repo, found] : object_of(*answer, "found").items()) {
    models.push_back(examined(found));
    Facts& facts = models.back().facts;
    if (facts.model_type.empty()) facts.model_type = text_of(models.back().config, "model_type");
  }
  for (const auto& [repo, error] : object_of(*answer, "failed").items()) {
    discovery.notes.push_back(fmt::format("{} could not be looked at: {}", repo, text_of(error, "sentence")));
  }
  return models;
}

// The first judgement, from the list alone.
std::vector<SetAside> judge(const Listed& listed, const Publishers& publishers) {
  std::vector<SetAside> out;
  // From the cache there is no page to judge by, so that all of it counts.
  if (listed.offline) return out;
  for (const Facts& model : listed.models) {
    if (auto found = set_aside(model, listed.model_type, publishers)) out.push_back(std::move(*found));
  }
  return out;
}

// What no page explains may be a mirror: the hashes of its weights tell.
void settle(std::vector<SetAside>& out, const std::vector<Examined>& models, const Publishers& publishers) {
  for (SetAside& mirror : mirrors(models, publishers)) {
    std::erase_if(out, [&](const SetAside& one) { return one.repo == mirror.repo; });
    out.push_back(std::move(mirror));
  }
  std::ranges::sort(out, {}, [](const SetAside& one) { return std::tie(one.kind, one.repo); });
}

// A mirror of a closed repository has its config: equal weights are of one shape.
Variant lend_config(Examined model, const std::vector<SetAside>& out, const std::map<std::string, Json>& configs) {
  std::string lender;
  for (const SetAside& one : out) {
    if (one.kind != "mirror" || one.of != model.facts.repo || !configs.contains(one.repo)) continue;
    lender = one.repo;
    break;
  }
  if (!model.config.is_null() || lender.empty()) return variant_of(std::move(model));
  model.config = configs.at(lender);
  Variant variant = variant_of(std::move(model));
  variant.config_from = lender;
  return variant;
}

void add_notes(const Listed& listed, Discovery& discovery) {
  discovery.notes.insert(discovery.notes.begin(), listed.notes.begin(), listed.notes.end());
  if (listed.offline) {
    discovery.notes.emplace_back(
        "the network is switched off: only what the cache holds is shown, and of it no licence, date, downloads, "
        "base or gate is known");
  }
  if (listed.more) {
    discovery.notes.push_back(fmt::format(
        "the Hub has more than the {} most downloaded that were listed; --limit N lists more", listed.models.size()));
  }
}

}  // namespace

Result<Discovery> discover(const DiscoverSettings& settings, probe::Workers& workers,
                           const std::function<void(const std::string&)>& tell) {
  const auto listed = list_models(settings.asked, settings.limit, workers, tell);
  if (!listed) return tl::unexpected<Error>(listed.error());
  const Publishers publishers = listed->publishers();
  Discovery discovery{.asked = settings.asked,
                      .model_type = listed->model_type,
                      .offline = listed->offline,
                      .more = listed->more,
                      .listed = listed->models.size(),
                      .variants = {},
                      .configs = {},
                      .set_aside = judge(*listed, publishers),
                      .suggested = {},
                      .notes = {}};
  add_notes(*listed, discovery);

  std::set<std::string> out;
  for (const SetAside& one : discovery.set_aside) {
    if (one.kind != undeclared) out.insert(one.repo);
  }
  const std::vector<std::string> repos = to_examine(listed->models, out, discovery);
  tell(fmt::format("looking at {} candidates", repos.size()));
  auto models = examine(repos, workers, discovery);
  if (!models) return tl::unexpected<Error>(models.error());
  settle(discovery.set_aside, *models, publishers);

  out.clear();
  std::map<std::string, Json> lent;
  for (const SetAside& one : discovery.set_aside) out.insert(one.repo);
  for (const Examined& model : *models) {
    if (out.contains(model.facts.repo) && !model.config.is_null()) lent[model.facts.repo] = model.config;
  }
  for (Examined& model : *models) {
    if (out.contains(model.facts.repo)) continue;
    discovery.variants.push_back(lend_config(std::move(model), discovery.set_aside, lent));
  }
  group_by_config(discovery);
  return discovery;
}

}  // namespace portwright::hub
