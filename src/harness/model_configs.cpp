#include "harness/model_configs.hpp"

#include <chrono>
#include <optional>
#include <system_error>

#include "checkpoint/config_file.hpp"
#include "checkpoint/model_name.hpp"
#include "harness/lone_workers.hpp"

namespace portwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes page_deadline{20};

bool is_config_file(const std::string& model) {
  std::error_code ignored;
  return model.ends_with(".json") && fs::is_regular_file(model, ignored);
}

// config.json of a repository; nothing of its weights is fetched.
Result<Json> config_of_repository(const checkpoint::ModelName& model, probe::Workers& workers) {
  const Json request{{"do", "describe"},
                     {"repo", model.name},
                     {"revision", model.revision.empty() ? Json() : Json(model.revision)},
                     {"offline", false},
                     {"texts", Json::array({"config.json"})}};
  const auto answer = workers.ask(probe::Side::hub, request, page_deadline);
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

// maker: opened by the first model that needs it.
Result<Json> config_of(const std::string& text, std::uint64_t seed, const workspace::Choice& python,
                       std::optional<CheckpointMaker>& maker) {
  if (is_config_file(text)) return checkpoint::read_config(text);
  const auto model = checkpoint::parse_model_name(text);
  if (!model) return tl::unexpected<Error>(model.error());
  if (model->source == checkpoint::Source::folder) return checkpoint::read_config(model->name);
  if (!maker) {
    auto opened = CheckpointMaker::open(python);
    if (!opened) return tl::unexpected<Error>(opened.error());
    maker = std::move(*opened);
  }
  if (model->source == checkpoint::Source::hub) return config_of_repository(*model, maker->workers());
  const auto located = maker->located(*model, seed);
  if (!located) return tl::unexpected<Error>(located.error());
  return checkpoint::read_config(located->folder);
}

}  // namespace

Result<std::vector<ModelConfig>> model_configs(const std::vector<std::string>& models, std::uint64_t seed,
                                               const workspace::Choice& python) {
  std::vector<ModelConfig> configs;
  std::optional<CheckpointMaker> maker;
  for (const std::string& model : models) {
    auto config = config_of(model, seed, python, maker);
    if (!config) return tl::unexpected<Error>(config.error());
    configs.push_back({model, std::move(*config)});
  }
  return configs;
}

}  // namespace portwright::harness
