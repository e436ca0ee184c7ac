// What is known of a model before anything is computed from it: its small files and the headers of its weights, from a
// folder or from the Hub.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "checkpoint/safetensors.hpp"
#include "checkpoint/weight_index.hpp"

namespace portwright::inspect {

struct Shard {
  std::string name;         // plain file name
  std::uint64_t bytes = 0;  // 0 where it is missing
  bool present = false;
  std::uint64_t data_begin = 0;  // bytes before the tensors; known of remote shards
};

// Whether the output head holds the same bytes as the embedding.
enum class HeadBytes {
  not_read,
  equal,
  different,
  alike,  // equal in samples; the rest was not read
};

struct StoredModel {
  std::string place;        // "/path/of/a/folder", "org/name"
  std::string revision;     // commit; empty for a folder
  bool remote = false;      // its weights lie elsewhere
  bool cache_only = false;  // the Hub was not asked: files that were never fetched are not known

  Json config;
  Json generation_config;  // the rest is null where there is no such file
  Json tokenizer_config;
  Json special_tokens;
  std::string chat_template;   // Jinja; several are joined by line breaks
  std::string template_where;  // "chat_template.jinja"; empty: none

  std::vector<Shard> shards;                    // sorted by name
  std::vector<checkpoint::TensorInfo> tensors;  // of all shards that are present, sorted by name
  std::vector<std::uint32_t> shard_of;          // place in `shards`, for each tensor
  std::uint64_t tensors_elsewhere = 0;          // which the index places in shards that are missing
  std::uint64_t index_bytes = 0;                // of all tensors, as the index says; 0: it does not
  std::vector<std::string> other_weights;       // kinds of weight files that are not read: ".bin", ".gguf"
  std::vector<std::string> tokenizer_files;     // "tokenizer.json", …
  std::uint64_t other_bytes = 0;                // of everything but the shards
  HeadBytes head = HeadBytes::not_read;

  [[nodiscard]] std::uint64_t shard_bytes() const;
  [[nodiscard]] std::vector<std::string> missing_shards() const;
};

// Everything but `head`. Shards that the index names and that are missing are noted; all else that is broken is an
// error of one sentence: no config.json, no JSON, a damaged shard, an index that lies about a shard that is there.
[[nodiscard]] Result<StoredModel> read_folder(const std::filesystem::path& folder);

// Gives each tensor to `tensors` and `shard_of`, by name. An error where a name comes twice.
struct ShardTensors {
  std::uint32_t shard = 0;
  std::vector<checkpoint::TensorInfo> tensors;
};
[[nodiscard]] Status add_tensors(StoredModel& model, std::vector<ShardTensors> found);

// Sizes by name of the files beside one another; `shards` are known already.
void note_other_files(const std::map<std::string, std::uint64_t>& files, StoredModel& model);

// Of shards that are there, an index must tell the truth; tensors of the others are counted. `place` is for messages.
[[nodiscard]] Status check_index(const checkpoint::WeightIndex& index, const std::string& place, StoredModel& model);

// The texts of all templates of a tokenizer_config.json ("chat_template": a text, or a list of named texts) and of a
// chat_template.json.
[[nodiscard]] std::string templates_in(const Json& settings);

}  // namespace portwright::inspect
