#include "harness/model_configs.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <system_error>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "checkpoint/config_file.hpp"
#include "checkpoint/model_name.hpp"
#include "harness/launches.hpp"
#include "harness/located.hpp"
#include "harness/provenance.hpp"
#include "probe/exchange.hpp"

namespace portwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes page_deadline{20};

bool is_config_file(const std::string& model) {
  std::error_code ignored;
  return model.ends_with(".json") && fs::is_regular_file(model, ignored);
}

// Made when the first model asks for a worker.
class Maker {
 public:
  Maker(const workspace::Choice& python, std::uint64_t seed) : python_(python), seed_(seed) {}

  // config.json of a repository; nothing of its weights is fetched.
  Result<Json> from_hub(const checkpoint::ModelName& model) {
    if (const auto ready = start(); !ready) return tl::unexpected<Error>(ready.error());
    const Json request{{"do", "describe"},
                       {"repo", model.name},
                       {"revision", model.revision.empty() ? Json() : Json(model.revision)},
                       {"offline", false},
                       {"texts", Json::array({"config.json"})}};
    const auto answer = workers_->ask(probe::Side::hub, request, page_deadline);
    if (!answer) {
      Error error = answer.error().error;
      if (answer.error().kind == "bad_request") error.fault = Fault::input;
      return tl::unexpected<Error>(std::move(error));
    }
    const Json texts = answer->ok.value("texts", Json::object());
    if (const auto text = texts.find("config.json"); text != texts.end() && text->is_string()) {
      return checkpoint::parse_config(text->get_ref<const std::string&>(), model.text + "/config.json");
    }
    const Json unread = answer->ok.value("unread", Json::object());
    return fail(Fault::input, unread.value("config.json", model.text + " has no config.json"),
                "name a repository in transformers' layout");
  }

  Result<fs::path> folder(const checkpoint::ModelName& model) {
    if (const auto ready = start(); !ready) return tl::unexpected<Error>(ready.error());
    const auto found = locate(model, seed_, cache_folder() / "checkpoints", made_with_, *workers_);
    if (!found) return tl::unexpected<Error>(found.error());
    return found->folder;
  }

 private:
  Status start() {
    if (workers_) return {};
    auto exchange = probe::ExchangeFolder::make(0);
    if (!exchange) return tl::unexpected<Error>(exchange.error());
    Machine machine;
    machine.interpreters = {python_, python_};
    machine.threads = threads_a_side();
    const auto versions = reference_versions(machine);
    if (!versions) return tl::unexpected<Error>(versions.error());
    made_with_ = xxh128_hex(*versions).substr(0, 8);
    auto started = launches(machine, exchange->path(), exchange->path(), exchange->path(), {});
    if (!started) return tl::unexpected<Error>(started.error());
    workers_ = std::make_unique<probe::Workers>(std::move(*started), probe::Limits{}, std::move(*exchange));
    return {};
  }

  const workspace::Choice& python_;
  std::uint64_t seed_;
  std::string made_with_;
  std::unique_ptr<probe::Workers> workers_;
};

Result<Json> config_of(const std::string& text, Maker& maker) {
  if (is_config_file(text)) return checkpoint::read_config(text);
  const auto model = checkpoint::parse_model_name(text);
  if (!model) return tl::unexpected<Error>(model.error());
  if (model->source == checkpoint::Source::folder) return checkpoint::read_config(model->name);
  if (model->source == checkpoint::Source::hub) return maker.from_hub(*model);
  const auto folder = maker.folder(*model);
  if (!folder) return tl::unexpected<Error>(folder.error());
  return checkpoint::read_config(*folder);
}

}  // namespace

Result<std::vector<ModelConfig>> model_configs(const std::vector<std::string>& models, std::uint64_t seed,
                                               const workspace::Choice& python) {
  std::vector<ModelConfig> configs;
  Maker maker(python, seed);
  for (const std::string& model : models) {
    auto config = config_of(model, maker);
    if (!config) return tl::unexpected<Error>(config.error());
    configs.push_back({model, std::move(*config)});
  }
  return configs;
}

Result<workspace::Choice> python_with(const std::string& package, const fs::path& named) {
  if (named.empty()) return workspace::find_python(package);
  return workspace::inspect_python(named).map(
      [](workspace::Python found) { return workspace::Choice{std::move(found), "named on the command line", {}}; });
}

}  // namespace portwright::harness
