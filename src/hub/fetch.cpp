#include "hub/fetch.hpp"

#include <utility>

#include "hub/ask.hpp"
#include "hub/json_fields.hpp"

namespace portwright::hub {
namespace {

constexpr std::chrono::hours loading{24 * 14};
constexpr const char* goes_on = "what has arrived is kept: the same command goes on from there";

Result<std::vector<FetchPlan>> plan_all(const FetchSettings& settings, probe::Workers& workers) {
  std::vector<FetchPlan> plans;
  for (const std::string& text : settings.models) {
    const auto model = checkpoint::parse_model_name(text);
    if (!model) return tl::unexpected<Error>(model.error());
    auto plan = plan_fetch(*model, settings.choice, workers);
    if (!plan) return tl::unexpected<Error>(plan.error());
    plans.push_back(std::move(*plan));
  }
  return plans;
}

Json load_request(const FetchPlan& plan, bool verify) {
  Json names = Json::array();
  for (const PlannedFile& file : plan.files) names.push_back(file.name);
  return {{"do", "load"},          {"repo", plan.repo}, {"revision", or_null(plan.revision)},
          {"commit", plan.commit}, {"names", names},    {"verify", verify}};
}

Result<Fetched> load(const FetchPlan& plan, bool verify, probe::Workers& workers) {
  // Without the network there are no hashes to compare with.
  if (plan.offline) return Fetched{.folder = plan.folder, .held_bytes = plan.here(), .moved_to = {}};
  const auto begun = std::chrono::steady_clock::now();
  auto answer = ask(workers, load_request(plan, verify), loading);
  if (!answer) {
    Error error = std::move(answer.error());
    if (error.remedy.empty()) error.remedy = goes_on;
    return tl::unexpected<Error>(std::move(error));
  }
  return Fetched{.folder = text_of(*answer, "folder"),
                 .loaded_bytes = count_of(*answer, "loaded_bytes"),
                 .resumed_bytes = count_of(*answer, "resumed_bytes"),
                 .held_bytes = count_of(*answer, "held_bytes"),
                 .verified = count_of(*answer, "verified"),
                 .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(),
                 .moved_to = text_of(*answer, "moved_to")};
}

Json json_of(const Fetched& fetched) {
  return {{"folder", fetched.folder.string()},      {"loaded_bytes", fetched.loaded_bytes},
          {"resumed_bytes", fetched.resumed_bytes}, {"held_bytes", fetched.held_bytes},
          {"verified", fetched.verified},           {"seconds", fetched.seconds},
          {"moved_to", or_null(fetched.moved_to)}};
}

}  // namespace

Result<FetchReport> fetch(const FetchSettings& settings, probe::Workers& workers, FetchWatch& watch) {
  auto plans = plan_all(settings, workers);
  if (!plans) return tl::unexpected<Error>(plans.error());
  watch.planned(*plans);
  FetchReport report{.dry_run = settings.dry_run, .models = {}};
  const Status possible = can_be_fetched(*plans);
  if (!possible) return tl::unexpected<Error>(possible.error());
  workers.on_progress(
      [&watch](const probe::Ticket&, std::uint64_t done, std::uint64_t of) { watch.arrived(done, of); });
  for (FetchPlan& plan : *plans) {
    FetchedModel& model = report.models.emplace_back(FetchedModel{std::move(plan), {}});
    if (settings.dry_run) continue;
    watch.begins(model.plan);
    auto fetched = load(model.plan, settings.verify, workers);
    if (!fetched) return tl::unexpected<Error>(fetched.error());
    model.fetched = std::move(*fetched);
    watch.ended(model);
  }
  workers.on_progress({});
  return report;
}

Json to_json(const FetchReport& report) {
  Json models = Json::array();
  for (const FetchedModel& model : report.models) {
    Json entry = to_json(model.plan);
    entry["fetched"] = model.fetched ? json_of(*model.fetched) : Json();
    models.push_back(std::move(entry));
  }
  const bool any = !report.models.empty();
  return {{"schema", "portwright.fetch/1"},
          {"dry_run", report.dry_run},
          {"cache", any ? Json(report.models.front().plan.cache.string()) : Json()},
          {"free_bytes", any ? Json(report.models.front().plan.free_bytes) : Json()},
          {"models", models}};
}

}  // namespace portwright::hub
