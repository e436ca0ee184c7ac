// model.safetensors.index.json: which shard holds which tensor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace portwright::checkpoint {

struct WeightIndex {
  std::vector<std::string> shards;                             // plain file names, sorted
  std::vector<std::pair<std::string, std::uint32_t>> tensors;  // name, place in `shards`; in the order of the file
  std::optional<std::uint64_t> total_bytes;                    // metadata.total_size, where the index says it
};

// `origin` is for messages. An error where there is no weight_map, or a shard is no plain file name: an index must not
// reach out of its folder. The last of equal names wins.
[[nodiscard]] Result<WeightIndex> weight_index(std::string_view text, const std::string& origin);
[[nodiscard]] Result<WeightIndex> read_weight_index(const std::filesystem::path& file);

}  // namespace portwright::checkpoint
