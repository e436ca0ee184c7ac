#include "harness/manifest_of_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "checkpoint/model_name.hpp"
#include "harness/lone_workers.hpp"
#include "harness/weights_memory.hpp"

namespace portwright::harness {
namespace {

using checkpoint::ModelName;
using checkpoint::Source;

// Built-in and synthetic checkpoints are made, those of the Hub looked up in its cache. maker: opened by the first
// model that needs it.
Result<Located> located_here(const ModelName& model, const std::filesystem::path& python,
                             std::optional<CheckpointMaker>& maker) {
  if (model.source == Source::folder) return Located{model.name, {}};
  if (!maker) {
    const auto choice = workspace::choose_python("transformers", python);
    if (!choice) return tl::unexpected<Error>(choice.error());
    auto opened = CheckpointMaker::open(*choice);
    if (!opened) return tl::unexpected<Error>(opened.error());
    maker = std::move(*opened);
  }
  auto located = maker->located(model, 0, Network::off);
  if (located || model.source != Source::hub) return located;
  Error error = std::move(located.error());
  error.fault = Fault::input;
  error.remedy = fmt::format("portwright fetch {}", model.text);
  return tl::unexpected<Error>(std::move(error));
}

// Of the interpreters that a test would choose; what is not found is not fixed.
ManifestEnvironment environment_here(const std::filesystem::path& python) {
  const auto inspected = [&](const char* package) {
    if (!python.empty()) return workspace::inspect_python(python);
    return workspace::find_python(package).map([](const workspace::Choice& choice) { return choice.python; });
  };
  ManifestEnvironment environment;
  if (const auto reference = inspected("transformers")) {
    environment = environment_of(reference->version, reference->packages);
  }
  if (const auto port = inspected("mlx-lm")) {
    const ManifestEnvironment of_port = environment_of(port->version, port->packages);
    environment.python = of_port.python;
    environment.mlx = of_port.mlx;
    environment.mlx_lm = of_port.mlx_lm;
  }
  return environment;
}

}  // namespace

ManifestVariant described_variant(const std::string& model, const std::string& revision,
                                  const checkpoint::Checkpoint& checkpoint) {
  ManifestVariant variant;
  variant.repo_id = model;
  variant.type = checkpoint.has_chat_template ? "instruct" : "base";
  variant.expected_dtype = checkpoint.dtype.name;
  variant.dtype_source = checkpoint.dtype.source;
  variant.revision = revision;
  variant.model_type = checkpoint.model_type;
  variant.memory_bytes = weights_memory(checkpoint);
  if (variant.memory_bytes) variant.memory_gb = gigabytes_of(variant.memory_bytes->bf16);
  return variant;
}

ManifestEnvironment environment_of(const std::string& python, const std::map<std::string, std::string>& packages) {
  const auto version = [&packages](const char* package) {
    const auto found = packages.find(package);
    return found == packages.end() ? std::string() : found->second;
  };
  return {python, version("mlx"), version("mlx-lm"), version("transformers"), version("torch")};
}

Result<Manifest> manifest_of_models(const ManifestSettings& settings) {
  Manifest manifest;
  std::optional<CheckpointMaker> maker;
  for (const std::string& text : settings.models) {
    const auto model = checkpoint::parse_model_name(text);
    if (!model) return tl::unexpected<Error>(model.error());
    const auto located = located_here(*model, settings.python, maker);
    if (!located) return tl::unexpected<Error>(located.error());
    const auto opened = checkpoint::open_checkpoint(located->folder);
    if (!opened) return tl::unexpected<Error>(opened.error());
    const std::string name = model->source == Source::folder ? model->name : model->text;
    manifest.variants.push_back(described_variant(name, located->revision, *opened));
  }
  manifest.model_type = manifest.variants.front().model_type;
  manifest.environment = environment_here(settings.python);
  return manifest;
}

}  // namespace portwright::harness
