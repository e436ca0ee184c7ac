#include "harness/manifest_fields.hpp"

#include <algorithm>
#include <array>

namespace portwright::harness {
namespace {

struct Field {
  std::string_view path;
  std::string_view meaning;
};

constexpr std::array fields{
    Field{"version", "of the manifests of mlx-lm-tests"},
    Field{"pr", "the pull request of the port"},
    Field{"pr.number", ""},
    Field{"pr.repo", "OWNER/NAME"},
    Field{"pr.branch", "its head"},
    Field{"model_type", "the module of mlx_lm.models"},
    Field{"variants", "what is tested, one after the other"},
    Field{"variants.repo_id", "org/name[@revision], a folder, builtin:NAME or synthetic:TYPE[#variant]"},
    Field{"variants.type", "base: completes text; instruct: has a chat template"},
    Field{"variants.memory_gb", "the unquantized weights, in units of 10^9 bytes"},
    Field{"variants.expected_dtype", "what a forward must give"},
    Field{"variants.portwright", "only Portwright reads this"},
    Field{"variants.portwright.revision", "the commit on the Hub"},
    Field{"variants.portwright.model_type", "as in config.json"},
    Field{"variants.portwright.dtype_source", "where expected_dtype was read"},
    Field{"variants.portwright.memory_bytes", "of the weights alone; 8bit and 4bit as mlx-lm quantizes by default"},
    Field{"variants.portwright.memory_bytes.bf16", ""},
    Field{"variants.portwright.memory_bytes.8bit", ""},
    Field{"variants.portwright.memory_bytes.4bit", ""},
    Field{"variants.portwright.checks", "globs over check ids; empty: all"},
    Field{"variants.portwright.skip", "globs over check ids that are left out"},
    Field{"variants.portwright.effort", "quick, default or full"},
    Field{"variants.portwright.seed", "of everything that is drawn"},
    Field{"variants.portwright.prompts", "texts instead of the built-in prompts; empty: those"},
    Field{"quantize", "false: the checkpoints are quantized as they come"},
    Field{"trust_remote_code", "true: code of the checkpoints may run, here only in the sandbox"},
    Field{"transformers_version", "that remote code was written for"},
    Field{"extra_pip", "packages that remote code needs besides"},
    Field{"notes", "for the person who reads the results"},
    Field{"portwright", "only Portwright reads this"},
    Field{"portwright.schema", ""},
    Field{"portwright.port", "a port outside the installed mlx-lm"},
    Field{"portwright.port.repository", "a URL for git"},
    Field{"portwright.port.path", "of the file, within the repository where one is named"},
    Field{"portwright.port.commit", "of its checkout"},
    Field{"portwright.port.sha256", "of the file"},
    Field{"portwright.port.patch", "a file beside this one with the changes that are in no commit"},
    Field{"portwright.port.patch_sha256", "of the changes that were in no commit"},
    Field{"portwright.environment", "versions to measure with; what is absent is not fixed"},
    Field{"portwright.environment.python", ""},
    Field{"portwright.environment.mlx", ""},
    Field{"portwright.environment.mlx_lm", ""},
    Field{"portwright.environment.transformers", ""},
    Field{"portwright.environment.torch", ""},
    Field{"portwright.sandbox", "auto: a port file runs without network and write access; off"},
    Field{"portwright.timeout_seconds", "of one check"},
    Field{"portwright.memory_limit_bytes", "of all processes together; 0: none"},
};

}  // namespace

std::vector<std::string> known_names(std::string_view path) {
  std::vector<std::string> names;
  const std::string prefix = path.empty() ? "" : std::string(path) + ".";
  for (const Field& field : fields) {
    if (!field.path.starts_with(prefix)) continue;
    const std::string_view name = field.path.substr(prefix.size());
    if (name.find('.') == std::string_view::npos) names.emplace_back(name);
  }
  return names;
}

std::string_view meaning_of(std::string_view path) {
  const auto* const found = std::ranges::find(fields, path, &Field::path);
  return found == fields.end() ? std::string_view{} : found->meaning;
}

}  // namespace portwright::harness
