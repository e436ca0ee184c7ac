#include "harness/manifest.hpp"

namespace portwright::harness {
namespace {

// What is not known is no key.
void add_known(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

Json json_of(const ManifestVariant& variant) {
  Json json{{"repo_id", variant.repo_id}, {"type", variant.type}};
  if (variant.memory_gb) json["memory_gb"] = *variant.memory_gb;
  add_known(json, "expected_dtype", variant.expected_dtype);
  Json own = Json::object();
  add_known(own, "revision", variant.revision);
  add_known(own, "model_type", variant.model_type);
  add_known(own, "dtype_source", variant.dtype_source);
  if (const auto& memory = variant.memory_bytes) {
    own["memory_bytes"] = {{"bf16", memory->bf16}, {"8bit", memory->in_8bit}, {"4bit", memory->in_4bit}};
  }
  own["checks"] = variant.checks;
  own["skip"] = variant.skip;
  own["effort"] = variant.effort;
  own["seed"] = variant.seed;
  own["prompts"] = variant.prompts;
  json["portwright"] = std::move(own);
  return json;
}

Json json_of(const ManifestPort& port) {
  Json json = Json::object();
  add_known(json, "repository", port.repository);
  json["path"] = port.path;
  add_known(json, "commit", port.commit);
  add_known(json, "sha256", port.sha256);
  add_known(json, "patch", port.patch);
  add_known(json, "patch_sha256", port.patch_sha256);
  return json;
}

Json json_of(const ManifestEnvironment& environment) {
  Json json = Json::object();
  add_known(json, "python", environment.python);
  add_known(json, "mlx", environment.mlx);
  add_known(json, "mlx_lm", environment.mlx_lm);
  add_known(json, "transformers", environment.transformers);
  add_known(json, "torch", environment.torch);
  return json;
}

}  // namespace

Json to_json(const Manifest& manifest) {
  Json json{{"version", 1}};
  if (const auto& pr = manifest.pr) {
    json["pr"] = {{"number", pr->number}, {"repo", pr->repo}, {"branch", pr->branch}};
  }
  json["model_type"] = manifest.model_type;
  json["variants"] = Json::array();
  for (const ManifestVariant& variant : manifest.variants) json["variants"].push_back(json_of(variant));
  json["quantize"] = manifest.quantize;
  json["trust_remote_code"] = manifest.trust_remote_code;
  add_known(json, "transformers_version", manifest.transformers_version);
  if (!manifest.extra_pip.empty()) json["extra_pip"] = manifest.extra_pip;
  add_known(json, "notes", manifest.notes);
  Json own{{"schema", "portwright.manifest/1"}};
  if (manifest.port) own["port"] = json_of(*manifest.port);
  if (Json environment = json_of(manifest.environment); !environment.empty()) own["environment"] = environment;
  own["sandbox"] = manifest.sandbox;
  own["timeout_seconds"] = manifest.timeout_seconds;
  own["memory_limit_bytes"] = manifest.memory_limit_bytes;
  json["portwright"] = std::move(own);
  return json;
}

std::string missing_for_peers(const Manifest& manifest) {
  std::string missing;
  const auto add = [&missing](const std::string& name) { missing += (missing.empty() ? "" : ", ") + name; };
  if (!manifest.pr) add("pr");
  for (const ManifestVariant& variant : manifest.variants) {
    if (variant.expected_dtype.empty()) add("expected_dtype of " + variant.repo_id);
  }
  return missing;
}

}  // namespace portwright::harness
