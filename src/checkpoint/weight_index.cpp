#include "checkpoint/weight_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace portwright::checkpoint {
namespace {

bool is_plain_name(const std::string& shard) {
  return !shard.empty() && shard != "." && shard != ".." && shard.find('/') == std::string::npos &&
         shard.find('\0') == std::string::npos;
}

std::optional<std::uint64_t> total_size(const Json& index) {
  const auto metadata = index.find("metadata");
  if (metadata == index.end() || !metadata->is_object()) return std::nullopt;
  const auto total = metadata->find("total_size");
  // Some writers made it a float.
  if (total == metadata->end() || !total->is_number() || *total < 0 || *total > 1e18) return std::nullopt;
  return total->get<std::uint64_t>();
}

}  // namespace

Result<WeightIndex> weight_index(const Json& index, const std::string& origin) {
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || map == index.end() || !map->is_object()) {
    return fail(Fault::input, origin + " has no weight_map", "fetch the file again");
  }
  std::map<std::string, std::uint32_t> shards;
  for (const auto& [tensor, value] : map->items()) {
    const std::string* shard = value.get_ptr<const std::string*>();
    if (shard == nullptr || !is_plain_name(*shard)) {
      return fail(Fault::input, fmt::format("{} gives tensor '{}' no file name", origin, tensor),
                  "fetch the file again");
    }
    shards.emplace(*shard, 0);
  }

  WeightIndex result;
  result.total_bytes = total_size(index);
  for (auto& [shard, place] : shards) {
    place = static_cast<std::uint32_t>(result.shards.size());
    result.shards.push_back(shard);
  }
  result.tensors.reserve(map->size());
  for (const auto& [tensor, value] : map->items()) {
    result.tensors.emplace_back(tensor, shards.at(value.get_ref<const std::string&>()));
  }
  return result;
}

}  // namespace portwright::checkpoint
