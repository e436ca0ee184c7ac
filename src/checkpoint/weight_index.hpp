// model.safetensors.index.json: which shard holds which tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::checkpoint {

struct WeightIndex {
  std::vector<std::string> shards;                             // plain file names, sorted
  std::vector<std::pair<std::string, std::uint32_t>> tensors;  // name, place in `shards`; in the order of the file
  std::optional<std::uint64_t> total_bytes;                    // metadata.total_size, where the index says it
};

// `origin` is for messages. An error where there is no weight_map, or a shard is no plain file name: an index must not
// reach out of its folder.
[[nodiscard]] Result<WeightIndex> weight_index(const Json& index, const std::string& origin);

}  // namespace portwright::checkpoint
