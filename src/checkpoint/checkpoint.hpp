// A checkpoint folder: config.json, its safetensors files and what they say of themselves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "checkpoint/safetensors.hpp"

namespace portwright::checkpoint {

// The dtype a run should have and the place it was read from: config.dtype, config.torch_dtype,
// config.text_config.dtype (and .torch_dtype), or the most common floating dtype of the headers, with its counts.
struct ExpectedDtype {
  std::string name;    // "bfloat16", "float16", "float32" or "float64"
  std::string source;  // "config.torch_dtype"; "headers (270 of 272 tensors)"
};

struct Checkpoint {
  std::filesystem::path folder;
  Json config;
  std::string model_type;
  std::vector<std::filesystem::path> files;  // safetensors, sorted
  std::vector<TensorInfo> tensors;           // of all files, sorted by name
  ExpectedDtype dtype;
  bool has_tokenizer = false;  // tokenizer.json or tokenizer.model or tokenizer_config.json
  bool has_chat_template = false;
};

// Opens and checks a folder. Every way it can be broken gives one sentence: no config.json, JSON that is not JSON
// (file, line, caret), no weights, an index naming a missing shard, a damaged safetensors file.
[[nodiscard]] Result<Checkpoint> open_checkpoint(const std::filesystem::path& folder);

// XXH3-128 over config.json and the bytes of every weight file; remembered beside the cache by path, size and mtime.
[[nodiscard]] Result<std::string> weights_hash(const Checkpoint& checkpoint, const std::filesystem::path& cache);

}  // namespace portwright::checkpoint
