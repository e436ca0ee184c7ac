#include "harness/inspection.hpp"

#include <map>
#include <vector>

#include "checkpoint/model_name.hpp"
#include "harness/hub_workers.hpp"
#include "harness/launches.hpp"
#include "harness/lone_workers.hpp"
#include "inspect/remote_model.hpp"
#include "workspace/package_folder.hpp"

namespace portwright::harness {
namespace {

namespace fs = std::filesystem;
using checkpoint::ModelName;
using inspect::StoredModel;

constexpr std::chrono::minutes asking_the_hub{10};

Result<StoredModel> read_stored(const fs::path& folder) {
  auto model = inspect::read_folder(folder);
  if (!model) return model;
  const auto head = inspect::compare_head(folder, *model);
  if (!head) return tl::unexpected<Error>(head.error());
  model->head = *head;
  return model;
}

// Unpacked or made by the reference's worker, once.
Result<fs::path> made_folder(const ModelName& name, const InspectionSettings& settings) {
  const auto python = interpreter_with("transformers", settings.python);
  if (!python) return tl::unexpected<Error>(python.error());
  auto maker = CheckpointMaker::open(*python);
  if (!maker) return tl::unexpected<Error>(maker.error());
  const auto located = maker->located(name, settings.seed);
  if (!located) return tl::unexpected<Error>(located.error());
  return located->folder;
}

// One repository, asked through the Hub's worker.
class Repository {
 public:
  Repository(const ModelName& name, bool offline, probe::Workers& workers)
      : name_(name), offline_(offline), workers_(workers) {}

  [[nodiscard]] Result<StoredModel> read() {
    const Json revision = name_.revision.empty() ? Json() : Json(name_.revision);
    const auto described = ask("describe", {{"revision", revision}, {"texts", inspect::texts_of_a_model()}});
    if (!described) return tl::unexpected<Error>(described.error());
    commit_ = described->value("commit", "");
    const auto shards = inspect::shards_to_ask(*described);
    if (!shards) return tl::unexpected<Error>(shards.error());
    const auto headers = read_headers(*shards);
    if (!headers) return tl::unexpected<Error>(headers.error());
    auto model = inspect::remote_model(*described, *headers);
    if (!model) return model;
    const auto head = compare_head(*model);
    if (!head) return tl::unexpected<Error>(head.error());
    model->head = *head;
    model->remote = folder_.empty();
    return model;
  }

 private:
  Result<Json> ask(const char* request, Json arguments) {
    arguments["do"] = request;
    arguments["repo"] = name_.name;
    arguments["offline"] = offline_;
    if (!commit_.empty()) arguments["commit"] = commit_;
    auto answer = workers_.ask(probe::Side::hub, std::move(arguments), asking_the_hub);
    if (answer) return std::move(answer->ok);
    // A Hub that refuses is no mistake of the worker's: the sentence says all that its traceback would.
    Error error = std::move(answer.error().error);
    if (answer.error().kind == "environment" || answer.error().kind == "checkpoint") error.detail.clear();
    return tl::unexpected<Error>(std::move(error));
  }

  // Of many shards in several answers.
  Result<std::map<std::string, Json>> read_headers(std::vector<std::string> names) {
    std::map<std::string, Json> headers;
    bool first = true;
    while (!names.empty()) {
      const auto answer = ask("headers", {{"names", names}});
      if (!answer) return tl::unexpected<Error>(answer.error());
      const Json found = answer->value("headers", Json::object());
      for (const auto& [name, header] : found.items()) headers[name] = header;
      const std::string folder = inspect::string_member(*answer, "folder");
      if (first) folder_ = folder;
      first = false;
      auto rest = answer->value("rest", std::vector<std::string>());
      if (rest.size() >= names.size()) break;
      names = std::move(rest);
    }
    return headers;
  }

  // All of it where the cache holds the weights, else samples of it.
  Result<inspect::HeadBytes> compare_head(const StoredModel& model) {
    if (!folder_.empty()) return inspect::compare_head(folder_, model);
    Json pieces = Json::array();
    for (const inspect::Piece& piece : inspect::head_samples(model)) {
      pieces.push_back({{"name", piece.shard}, {"begin", piece.begin}, {"end", piece.end}});
    }
    std::vector<std::string> hashes;
    if (!pieces.empty()) {
      const auto answer = ask("sample", {{"pieces", std::move(pieces)}});
      if (!answer) return tl::unexpected<Error>(answer.error());
      hashes = answer->value("sha256", hashes);
    }
    return inspect::compare_samples(model, hashes);
  }

  const ModelName& name_;
  bool offline_;
  probe::Workers& workers_;
  std::string commit_;
  fs::path folder_;  // of the snapshot, where it holds all shards
};

Result<StoredModel> asked_of_hub(const ModelName& name, const InspectionSettings& settings) {
  auto hub = open_hub(settings.python);
  if (!hub) return tl::unexpected<Error>(hub.error());
  return Repository(name, settings.offline, *hub->workers).read();
}

Result<StoredModel> stored_model(const ModelName& name, const InspectionSettings& settings) {
  if (name.source == checkpoint::Source::hub) return asked_of_hub(name, settings);
  if (name.source == checkpoint::Source::folder) return read_stored(name.name);
  const auto folder = made_folder(name, settings);
  if (!folder) return tl::unexpected<Error>(folder.error());
  return read_stored(*folder);
}

}  // namespace

Result<inspect::Inspection> inspect_model(const InspectionSettings& settings) {
  const auto name = checkpoint::parse_model_name(settings.model);
  if (!name) return tl::unexpected<Error>(name.error());
  const auto model = stored_model(*name, settings);
  if (!model) return tl::unexpected<Error>(model.error());
  const auto transformers = workspace::package_folder("transformers", settings.python);
  if (!transformers) return tl::unexpected<Error>(transformers.error());
  return inspect::inspect(settings.model, *model, inspect::reference_facts(*transformers, model->config));
}

}  // namespace portwright::harness
