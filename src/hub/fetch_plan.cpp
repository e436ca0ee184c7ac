#include "hub/fetch_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/amounts.hpp"
#include "hub/ask.hpp"
#include "hub/json_fields.hpp"

namespace portwright::hub {
namespace {

constexpr std::size_t names_shown = 5;

std::vector<PlannedFile> files_of(const Json& answer, const char* key) {
  std::vector<PlannedFile> files;
  for (const Json& file : array_of(answer, key)) {
    const std::uint64_t bytes = count_of(file, "bytes");
    files.push_back({text_of(file, "name"), bytes, std::min(bytes, count_of(file, "held_bytes"))});
  }
  return files;
}

FetchPlan plan_of(const Json& answer, const checkpoint::ModelName& model) {
  FetchPlan plan{.repo = text_of(answer, "repo"),
                 .revision = model.revision,
                 .commit = text_of(answer, "commit"),
                 .folder = text_of(answer, "folder"),
                 .cache = text_of(answer, "cache"),
                 .license = text_of(answer, "license"),
                 .gated = !text_of(answer, "gated").empty(),
                 .offline = text_of(answer, "source") == "cache",
                 .free_bytes = count_of(answer, "free_bytes"),
                 .files = files_of(answer, "files"),
                 .left_out = files_of(answer, "left_out"),
                 .refused = {}};
  for (const auto& [name, why] : object_of(answer, "refused").items()) {
    plan.refused[name] = why.is_string() ? why.get<std::string>() : "";
  }
  return plan;
}

std::string some_names(const std::vector<PlannedFile>& files) {
  std::string text;
  for (std::size_t i = 0; i < std::min(files.size(), names_shown); ++i) {
    text += (i == 0 ? "" : ", ") + files[i].name;
  }
  if (files.size() > names_shown) text += fmt::format(" and {} more", files.size() - names_shown);
  return text;
}

bool is_config(const PlannedFile& file) { return file.name == "config.json"; }
bool is_weights(const PlannedFile& file) { return file.name.ends_with(".safetensors"); }

// What is left after the choice must be worth fetching.
Status is_of_use(const FetchPlan& plan, const FileChoice& choice) {
  const std::string others = plan.left_out.empty() ? "" : "there are " + some_names(plan.left_out);
  if (plan.files.empty()) return fail(Fault::input, plan.repo + " has no file that fits", others);
  // With patterns it is the user's own choice; from the cache nothing is known of what it never held.
  if (!choice.include.empty() || !choice.exclude.empty() || plan.offline) return {};
  const bool config = std::ranges::any_of(plan.files, is_config);
  if (config && std::ranges::any_of(plan.files, is_weights)) return {};
  return fail(Fault::input,
              fmt::format("{} has no {}: it is no checkpoint that a port is tested on", plan.repo,
                          config ? "safetensors files" : "config.json"),
              others.empty() ? "" : others + "; --include GLOB fetches what you name");
}

Status is_complete(const FetchPlan& plan) {
  std::vector<PlannedFile> missing;
  std::ranges::copy_if(plan.files, std::back_inserter(missing),
                       [](const PlannedFile& file) { return file.here < file.bytes; });
  if (missing.empty()) return {};
  return fail(Fault::input,
              fmt::format("the network is switched off, and of {} the cache lacks {}", plan.repo, some_names(missing)),
              "unset HF_HUB_OFFLINE and give the same command");
}

Json json_of(const std::vector<PlannedFile>& files) {
  Json list = Json::array();
  for (const PlannedFile& file : files) {
    list.push_back({{"name", file.name}, {"bytes", file.bytes}, {"held_bytes", file.here}});
  }
  return list;
}

}  // namespace

std::uint64_t FetchPlan::bytes() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const PlannedFile& file) { return sum + file.bytes; });
}

std::uint64_t FetchPlan::here() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const PlannedFile& file) { return sum + file.here; });
}

Result<FetchPlan> plan_fetch(const checkpoint::ModelName& model, const FileChoice& choice, probe::Workers& workers) {
  if (model.source != checkpoint::Source::hub) {
    return fail(Fault::input, fmt::format("'{}' is no repository of the Hub", model.text),
                "name one as org/name or org/name@revision");
  }
  const auto answer = ask(workers,
                          {{"do", "plan"},
                           {"repo", model.name},
                           {"revision", or_null(model.revision)},
                           {"include", choice.include},
                           {"exclude", choice.exclude}},
                          page_deadline);
  if (!answer) return tl::unexpected<Error>(answer.error());
  FetchPlan plan = plan_of(*answer, model);
  if (const Status useful = is_of_use(plan, choice); !useful) return tl::unexpected<Error>(useful.error());
  return plan;
}

Status can_be_fetched(const std::vector<FetchPlan>& plans) {
  std::uint64_t wanted = 0;
  for (const FetchPlan& plan : plans) {
    wanted += plan.to_load();
    if (!plan.offline) continue;
    if (const Status complete = is_complete(plan); !complete) return complete;
  }
  if (plans.empty() || wanted <= plans.front().free_bytes) return {};
  return fail(Fault::environment,
              fmt::format("{} do not fit: {} are free in {}", bytes_text(wanted), bytes_text(plans.front().free_bytes),
                          plans.front().cache.string()),
              "make room there, or set HF_HOME to a folder on another disk");
}

Json to_json(const FetchPlan& plan) {
  Json refused = Json::array();
  for (const auto& [name, why] : plan.refused) refused.push_back({{"name", name}, {"why", why}});
  return {{"repo", plan.repo},
          {"revision", or_null(plan.revision)},
          {"commit", plan.commit},
          {"folder", plan.folder.string()},
          {"license", or_null(plan.license)},
          {"gated", plan.gated},
          {"source", plan.offline ? "cache" : "hub"},
          {"bytes", plan.bytes()},
          {"held_bytes", plan.here()},
          {"to_load_bytes", plan.to_load()},
          {"files", json_of(plan.files)},
          {"left_out", json_of(plan.left_out)},
          {"refused", refused}};
}

}  // namespace portwright::hub
