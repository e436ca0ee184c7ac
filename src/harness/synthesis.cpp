#include "harness/synthesis.hpp"

#include <fmt/format.h>

#include <system_error>

#include "harness/lone_workers.hpp"

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

}  // namespace

Result<Json> synthesize(const SynthesisSettings& settings) {
  if (const auto free = refuse_filled(settings.out); !free) return tl::unexpected<Error>(free.error());
  const auto choice = workspace::choose_python("transformers", settings.python);
  if (!choice) return tl::unexpected<Error>(choice.error());
  const auto workers = lone_workers(*choice);
  if (!workers) return tl::unexpected<Error>(workers.error());

  const Json request = {{"do", "synthesize"},
                        {"model_type", settings.model_type},
                        {"variant", settings.variant.empty() ? Json(nullptr) : Json(settings.variant)},
                        {"seed", settings.seed},
                        {"out", fs::absolute(settings.out).lexically_normal().string()}};
  const auto answer = (*workers)->ask(probe::Side::reference, request, settings.deadline);
  if (answer) return answer->ok;
  Error error = answer.error().error;
  // An unknown model type or variant, or a folder that cannot be written, is the user's to mend.
  if (answer.error().kind == "bad_request") error.fault = Fault::input;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace portwright::harness
