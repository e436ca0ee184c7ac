// What to test, as data: the variants of a model type, the port, the set of versions. docs/manifest.md describes the
// file. Outside the keys `portwright` it is version 1 of the manifests of mlx-lm-tests (harness/manifest-schema.yaml
// there), which is valid here; what is ours lies below `portwright`, so that its reader takes our files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::harness {

// The pull request that brings the port.
struct PullRequest {
  std::uint64_t number = 0;
  std::string repo;    // "ml-explore/mlx-lm"
  std::string branch;  // its head
  bool operator==(const PullRequest&) const = default;
};

// Bytes of the weights alone, in bfloat16 and quantized with the defaults of mlx-lm.
struct WeightsMemory {
  std::uint64_t bf16 = 0;
  std::uint64_t in_8bit = 0;
  std::uint64_t in_4bit = 0;
  bool operator==(const WeightsMemory&) const = default;
};

struct ManifestVariant {
  std::string repo_id;              // any MODEL: see checkpoint/model_name.hpp
  std::string type = "base";        // "base": completes text; "instruct": has a chat template
  std::optional<double> memory_gb;  // of the unquantized weights, in units of 10^9 bytes
  std::string expected_dtype;       // "bfloat16"; empty: not known
  // Ours.
  std::string revision;      // what was resolved; empty: not known, or no Hub repository
  std::string model_type;    // of its config.json; empty: that of the manifest
  std::string dtype_source;  // where expected_dtype was read; empty: not known
  std::optional<WeightsMemory> memory_bytes;
  std::vector<std::string> checks;   // globs over check ids; empty: all
  std::vector<std::string> skip;     // globs over check ids, taken away from `checks`
  std::string effort = "default";    // "quick", "default", "full"
  std::uint64_t seed = 0;            // of everything that is drawn
  std::vector<std::string> prompts;  // texts instead of the project's own prompts; empty: those
  bool operator==(const ManifestVariant&) const = default;
};

// A port outside the installed mlx-lm.
struct ManifestPort {
  std::string repository;    // a URL for git; empty: `path` is a file of this machine
  std::string path;          // of the file, within the repository where there is one
  std::string commit;        // empty: not known
  std::string sha256;        // of the file
  std::string patch;         // a file beside the manifest with what is in no commit; empty: none
  std::string patch_sha256;  // of what was in no commit; empty: nothing
  bool operator==(const ManifestPort&) const = default;
};

// Versions to measure with; an empty one is not fixed.
struct ManifestEnvironment {
  std::string python;
  std::string mlx;
  std::string mlx_lm;
  std::string transformers;
  std::string torch;
  bool operator==(const ManifestEnvironment&) const = default;
};

struct Manifest {
  std::optional<PullRequest> pr;
  std::string model_type;  // the module of mlx_lm.models
  std::vector<ManifestVariant> variants;
  bool quantize = true;  // false: the checkpoints are quantized as they come
  bool trust_remote_code = false;
  std::string transformers_version;    // that remote code was written for; empty: any
  std::vector<std::string> extra_pip;  // what remote code needs besides
  std::string notes;
  // Ours.
  std::optional<ManifestPort> port;  // absent: the port of the installed mlx-lm
  ManifestEnvironment environment;
  std::string sandbox = "auto";          // "auto", "off"
  std::uint64_t timeout_seconds = 1800;  // of one check
  std::uint64_t memory_limit_bytes = 0;  // of the whole process tree; 0: none
  bool operator==(const Manifest&) const = default;
};

// `origin` names the text in errors: "FILE:LINE:COLUMN: …". An input error where the text is no manifest: what is
// unknown, missing, of another type, out of range, or more than a manifest ever holds (a megabyte, eight levels).
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text, const std::string& origin);
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& file);

// The same keys as in the file, in its order; what is not known is left out.
[[nodiscard]] Json to_json(const Manifest& manifest);
// YAML with a comment on every field.
[[nodiscard]] std::string manifest_text(const Manifest& manifest);

// "mlx-lm-tests needs `pr`": what a reader of version 1 would miss; empty where there is nothing.
[[nodiscard]] std::string missing_for_peers(const Manifest& manifest);

}  // namespace portwright::harness
