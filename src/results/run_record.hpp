// One run: its variants, the port, the environment and every check record. A report is a pure function of it.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "results/check_record.hpp"
#include "results/verdict.hpp"

namespace portwright::results {

struct VariantRecord {
  std::string id;     // safe as a folder name: "builtin--smollm2"
  std::string model;  // as the user named it
  std::string revision;
  std::string model_type;
  std::string dtype;         // "bfloat16"
  std::string dtype_source;  // "config.torch_dtype"
  Verdict verdict = Verdict::not_compared;
  std::optional<bool> has_chat_template = std::nullopt;  // absent: not recorded
  Json weights_bytes = nullptr;  // {"bf16", "8bit", "4bit"}; null: not recorded or not told by the headers
};

struct RunRecord {
  Verdict verdict = Verdict::not_compared;
  std::string sentence;  // "pass on CPU (Metal not compared)"
  std::string started;   // RFC 3339, UTC
  double seconds = 0;
  bool partial = false;  // checks were chosen or skipped
  std::vector<VariantRecord> variants;
  Json port = Json::object();         // file, sha256, commit, dirty, patch_sha256, shared_modules
  Json environment = Json::object();  // versions, backend, blas, threads, sandbox, packages
  // What a repetition needs: "command" (the whole command line, quoted for a shell), "effort", "seed", "checks" and
  // "prompt_sha256" (null for the project's own prompts); since the manifest also "prompt" (the text, or null),
  // "port_file" (as given, or null), "directory" (where relative paths count from), "timeout_seconds", "memory_bytes"
  // (0: no limit), "sandbox" and "trust_remote_code".
  Json settings = Json::object();
  std::vector<CheckRecord> checks;
};

[[nodiscard]] Json to_json(const RunRecord& run);
[[nodiscard]] RunRecord run_record_from(const Json& json);  // throws nlohmann::json::exception on a wrong shape

// The worst of some verdicts, in the order fail, error, inconclusive, pass; not_compared where there is nothing else.
[[nodiscard]] Verdict worst(const std::vector<Verdict>& verdicts);

// The worst of the gating checks; at best inconclusive where one of the checks no run can do without (load, tokens
// where there is a tokenizer, parity.logits, parity.modules, dtype) is absent or was not compared on a variant.
[[nodiscard]] Verdict verdict_of(const std::vector<CheckRecord>& checks, bool has_tokenizer);

}  // namespace portwright::results
