#include "harness/manifest_of_run.hpp"

#include "checkpoint/model_name.hpp"
#include "harness/manifest_values.hpp"
#include "harness/weights_memory.hpp"
#include "workspace/git.hpp"

namespace portwright::harness {
namespace {

namespace fs = std::filesystem;

std::string text_or_empty(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t whole_or(const Json& object, const char* key, std::uint64_t otherwise) {
  const auto found = object.find(key);
  const bool whole = found != object.end() && found->is_number_integer();
  return whole && (found->is_number_unsigned() || *found >= 0) ? found->get<std::uint64_t>() : otherwise;
}

// Relative paths of a run count from where its command was given.
std::string absolute_path(const results::RunRecord& run, const std::string& path) {
  return (fs::path(text_or_empty(run.settings, "directory")) / path).lexically_normal().string();
}

std::string model_of(const results::RunRecord& run, const std::string& typed) {
  std::error_code ignored;
  const std::string path = absolute_path(run, typed);
  const bool is_folder = path.starts_with('/') && fs::is_directory(path, ignored);
  return is_folder || !refused_model(typed).empty() ? path : typed;
}

ManifestVariant variant_of(const results::RunRecord& run, const results::VariantRecord& record) {
  ManifestVariant variant;
  variant.repo_id = model_of(run, record.model);
  variant.type = record.has_chat_template.value_or(false) ? "instruct" : "base";
  variant.expected_dtype = record.dtype;
  variant.dtype_source = record.dtype_source;
  // What a built-in checkpoint was made from is no revision of the Hub.
  if (refused_revision(record.revision).empty()) variant.revision = record.revision;
  variant.model_type = record.model_type;
  if (const Json& bytes = record.weights_bytes; bytes.is_object()) {
    variant.memory_bytes =
        WeightsMemory{whole_or(bytes, "bf16", 0), whole_or(bytes, "8bit", 0), whole_or(bytes, "4bit", 0)};
    variant.memory_gb = gigabytes_of(variant.memory_bytes->bf16);
  }
  if (run.partial && run.settings.contains("checks")) variant.checks = run.settings["checks"];
  if (const std::string effort = text_or_empty(run.settings, "effort"); !effort.empty()) variant.effort = effort;
  variant.seed = whole_or(run.settings, "seed", 0);
  if (const std::string prompt = text_or_empty(run.settings, "prompt"); !prompt.empty()) variant.prompts = {prompt};
  return variant;
}

// The checkout that the port's file lies in, where git still knows the file and the address can be given to anybody.
void add_checkout(ManifestPort& port) {
  const fs::path folder = fs::path(port.path).parent_path();
  const std::string name = fs::path(port.path).filename().string();
  const std::string within = workspace::git_answer(folder, {"ls-files", "--full-name", "--error-unmatch", "--", name});
  const std::string origin = workspace::checkout_origin(folder);
  if (within.empty() || origin.empty() || !refused_url(origin).empty() || !refused_beside(within).empty()) return;
  port.repository = origin;
  port.path = within;
}

// The installed port is told by the versions alone, unless it lies in a checkout.
std::optional<ManifestPort> port_of(const results::RunRecord& run) {
  ManifestPort port;
  const std::string named = text_or_empty(run.settings, "port_file");
  port.commit = text_or_empty(run.port, "commit");
  port.path = absolute_path(run, named.empty() ? text_or_empty(run.port, "file") : named);
  if ((named.empty() && port.commit.empty()) || port.path.empty()) return std::nullopt;
  port.sha256 = text_or_empty(run.port, "sha256");
  port.patch_sha256 = text_or_empty(run.port, "patch_sha256");
  if (!port.commit.empty()) add_checkout(port);
  return port;
}

}  // namespace

Manifest manifest_of_run(const results::RunRecord& run) {
  Manifest manifest;
  for (const results::VariantRecord& record : run.variants) manifest.variants.push_back(variant_of(run, record));
  if (!run.variants.empty()) manifest.model_type = run.variants.front().model_type;
  manifest.trust_remote_code = run.settings.value("trust_remote_code", Json()) == true;
  manifest.port = port_of(run);
  manifest.environment = {text_or_empty(run.environment, "python"), text_or_empty(run.environment, "mlx"),
                          text_or_empty(run.environment, "mlx_lm"), text_or_empty(run.environment, "transformers"),
                          text_or_empty(run.environment, "torch")};
  if (text_or_empty(run.settings, "sandbox") == "off") manifest.sandbox = "off";
  manifest.timeout_seconds = whole_or(run.settings, "timeout_seconds", manifest.timeout_seconds);
  manifest.memory_limit_bytes = whole_or(run.settings, "memory_bytes", 0);
  return manifest;
}

}  // namespace portwright::harness
