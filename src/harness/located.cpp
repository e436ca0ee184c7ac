#include "harness/located.hpp"

#include <system_error>

#include "base/files.hpp"

namespace portwright::harness {
namespace {

using checkpoint::ModelName;
using checkpoint::Source;
using probe::Side;

constexpr std::chrono::minutes making{10};
constexpr std::chrono::hours fetching{24};

// A made checkpoint carries the size of each of its files; a folder that lost one is made again.
bool is_whole(const std::filesystem::path& folder) {
  const auto made = read_json(folder / "portwright.json");
  if (!made || !made->contains("files")) return false;
  for (const auto& [name, facts] : made->at("files").items()) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(folder / name, error);
    if (error || (facts.is_object() && facts.contains("bytes") && facts.at("bytes") != bytes)) return false;
  }
  return true;
}

Result<Located> made(const std::filesystem::path& folder, Json request, probe::Workers& workers) {
  if (is_whole(folder)) return Located{folder, {}};
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  request["out"] = folder.string();
  const auto answer = workers.ask(Side::reference, std::move(request), making);
  if (!answer) return tl::unexpected<Error>(answer.error().error);
  return Located{folder, {}};
}

}  // namespace

Result<Located> locate(const ModelName& model, std::uint64_t seed, const std::filesystem::path& checkpoints,
                       const std::string& made_with, probe::Workers& workers, Network network) {
  switch (model.source) {
    case Source::folder:
      return Located{model.name, {}};
    case Source::builtin:
      return made(checkpoints / model.id(), Json{{"do", "unpack_builtin"}, {"name", model.name}}, workers);
    case Source::synthetic:
      return made(checkpoints / (model.id() + "--seed" + std::to_string(seed) + "--" + made_with),
                  Json{{"do", "synthesize"},
                       {"model_type", model.name},
                       {"variant", model.variant.empty() ? Json() : Json(model.variant)},
                       {"seed", seed}},
                  workers);
    case Source::hub: {
      const Json request{{"do", "locate"},
                         {"repo", model.name},
                         {"revision", model.revision.empty() ? Json() : Json(model.revision)},
                         {"offline", network == Network::off}};
      const auto answer = workers.ask(Side::hub, request, fetching);
      workers.stop(Side::hub);
      if (!answer) return tl::unexpected<Error>(answer.error().error);
      return Located{answer->ok.value("folder", ""), answer->ok.value("revision", "")};
    }
  }
  return fail(Fault::internal, "unknown kind of model");
}

}  // namespace portwright::harness
