// One repository as the Hub's page tells of it, before anything is judged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace portwright::hub {

struct RemoteFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;  // empty for what is kept in git
};

// Texts are empty where the Hub does not say.
struct Facts {
  std::string repo;
  std::string author;
  std::string commit;
  std::string license;
  std::string created;   // "2025-04-28T01:02:03Z"
  std::string modified;  // likewise
  std::string library;   // "transformers", "peft", "mlx", "gguf"
  std::string model_type;
  std::string quantization;  // the method that the config names
  std::string gated;         // "auto" or "manual"; empty: open
  std::string relation;      // to its bases: "finetune", "quantized", "adapter", "merge"
  std::vector<std::string> bases;
  std::vector<std::string> tags;
  std::vector<std::string> architectures;
  std::map<std::string, std::uint64_t> parameters;  // by dtype ("BF16"), from the safetensors metadata; may be empty
  std::optional<std::uint64_t> downloads;           // of the last month
  bool disabled = false;

  [[nodiscard]] bool has_tag(std::string_view tag) const;
  [[nodiscard]] std::uint64_t parameter_count() const;  // 0 where the Hub has not counted
};

// What a look at the files and small texts adds.
struct Examined {
  Facts facts;
  std::vector<RemoteFile> files;
  Json config;                // an object; null where there is none or it could not be read
  std::string config_unread;  // why
  std::string chat_template;  // empty where there is none or it could not be read
  bool texts_read = false;    // whether the tokenizer's texts could be read

  [[nodiscard]] std::uint64_t download_bytes() const;  // of config, tokenizer and safetensors weights
};

// The texts that `examined` looks for among those of a `describe` answer.
[[nodiscard]] std::vector<std::string> texts_to_read();

// From answers of the worker (`list`, `describe`). A member of another type counts as not said.
[[nodiscard]] Facts facts_of(const Json& answer);
[[nodiscard]] Examined examined(const Json& answer);

// "Qwen" of "Qwen/Qwen3-8B".
[[nodiscard]] std::string owner_of(const std::string& repo);
// "Qwen3-8B" of it.
[[nodiscard]] std::string name_of(const std::string& repo);
// The words of a repository's own name in lower case: "qwen3", "8b", "base".
[[nodiscard]] std::vector<std::string> name_words(const std::string& repo);

}  // namespace portwright::hub
