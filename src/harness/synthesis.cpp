#include "harness/synthesis.hpp"

#include <fmt/format.h>

#include <system_error>

#include "harness/launches.hpp"

namespace portwright::harness {
namespace {

namespace fs = std::filesystem;

Status refuse_filled(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  if (fs::is_directory(folder, error) && fs::is_empty(folder, error)) return {};
  return fail(Fault::input, fmt::format("{} exists and is no empty folder", folder.string()),
              "name a folder that is not there yet");
}

Result<workspace::Choice> choose(const fs::path& python) {
  if (python.empty()) return workspace::find_python("transformers");
  return workspace::inspect_python(python).map(
      [](workspace::Python found) { return workspace::Choice{std::move(found), "named on the command line", {}}; });
}

}  // namespace

Result<Json> synthesize(const SynthesisSettings& settings) {
  if (const auto free = refuse_filled(settings.out); !free) return tl::unexpected<Error>(free.error());
  const auto choice = choose(settings.python);
  if (!choice) return tl::unexpected<Error>(choice.error());
  auto exchange = probe::ExchangeFolder::make(0);
  if (!exchange) return tl::unexpected<Error>(exchange.error());

  Machine machine;
  machine.interpreters = {*choice, *choice};
  machine.threads = threads_a_side();
  auto started = launches(machine, exchange->path(), exchange->path(), exchange->path(), {});
  if (!started) return tl::unexpected<Error>(started.error());
  probe::Workers workers(std::move(*started), {}, std::move(*exchange));

  const Json request = {{"do", "synthesize"},
                        {"model_type", settings.model_type},
                        {"variant", settings.variant.empty() ? Json(nullptr) : Json(settings.variant)},
                        {"seed", settings.seed},
                        {"out", fs::absolute(settings.out).lexically_normal().string()}};
  const auto answer = workers.ask(probe::Side::reference, request, settings.deadline);
  if (answer) return answer->ok;
  Error error = answer.error().error;
  // An unknown model type or variant, or a folder that cannot be written, is the user's to mend.
  if (answer.error().kind == "bad_request") error.fault = Fault::input;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace portwright::harness
