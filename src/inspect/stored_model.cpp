#include "inspect/stored_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "inspect/config_view.hpp"

namespace portwright::inspect {

using checkpoint::TensorInfo;

namespace {

bool is_weight_kind(const std::string& extension) {
  return extension == ".bin" || extension == ".gguf" || extension == ".pt" || extension == ".pth" ||
         extension == ".npz";
}

}  // namespace

std::uint64_t StoredModel::shard_bytes() const {
  return std::accumulate(shards.begin(), shards.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Shard& shard) { return sum + shard.bytes; });
}

std::vector<std::string> StoredModel::missing_shards() const {
  std::vector<std::string> missing;
  for (const Shard& shard : shards) {
    if (!shard.present) missing.push_back(shard.name);
  }
  return missing;
}

Status add_tensors(StoredModel& model, std::vector<ShardTensors> found) {
  struct Place {
    std::string_view name;
    std::uint32_t shard = 0;
    TensorInfo* tensor = nullptr;
  };
  // A shard holds a run of the names, mostly: one after the other they are in order.
  std::erase_if(found, [](const ShardTensors& one) { return one.tensors.empty(); });
  std::ranges::sort(found, {}, [](const ShardTensors& one) -> const std::string& { return one.tensors.front().name; });
  std::vector<Place> places;
  for (ShardTensors& one : found) {
    for (TensorInfo& tensor : one.tensors) places.push_back({tensor.name, one.shard, &tensor});
  }
  if (!std::ranges::is_sorted(places, {}, &Place::name)) std::ranges::sort(places, {}, &Place::name);
  model.tensors.reserve(places.size());
  model.shard_of.reserve(places.size());
  for (const Place& place : places) {
    if (!model.tensors.empty() && model.tensors.back().name == place.tensor->name) {
      return fail(Fault::input,
                  fmt::format("tensor '{}' is in both {} and {}", place.tensor->name,
                              model.shards[model.shard_of.back()].name, model.shards[place.shard].name),
                  "keep the files of one copy of the checkpoint only");
    }
    model.tensors.push_back(std::move(*place.tensor));
    model.shard_of.push_back(place.shard);
  }
  return {};
}

void note_other_files(const std::map<std::string, std::uint64_t>& files, StoredModel& model) {
  for (const auto& [name, bytes] : files) {
    if (std::ranges::binary_search(model.shards, name, {}, &Shard::name)) continue;
    model.other_bytes += bytes;
    const std::string extension = std::filesystem::path(name).extension().string();
    if (is_weight_kind(extension) && std::ranges::find(model.other_weights, extension) == model.other_weights.end()) {
      model.other_weights.push_back(extension);
    }
    const bool is_tokenizer = name == "tokenizer.json" || name == "tekken.json" || name == "vocab.json" ||
                              name == "merges.txt" || extension == ".model" || extension == ".tiktoken";
    if (is_tokenizer) model.tokenizer_files.push_back(name);
  }
}

Status check_index(const checkpoint::WeightIndex& index, const std::string& place, StoredModel& model) {
  using Entry = std::pair<std::string, std::uint32_t>;
  std::vector<const Entry*> entries;
  entries.reserve(index.tensors.size());
  for (const Entry& entry : index.tensors) entries.push_back(&entry);
  const auto by_name = [](const Entry* entry) -> const std::string& { return entry->first; };
  // As transformers writes an index it is in order.
  if (!std::ranges::is_sorted(entries, {}, by_name)) std::ranges::sort(entries, {}, by_name);

  std::size_t at = 0;  // the first tensor whose name is not before the entry's
  for (const Entry* entry : entries) {
    const auto& [name, shard] = *entry;
    if (!model.shards[shard].present) {
      ++model.tensors_elsewhere;
      continue;
    }
    while (at < model.tensors.size() && model.tensors[at].name < name) ++at;
    if (at < model.tensors.size() && model.tensors[at].name == name && model.shard_of[at] == shard) continue;
    return fail(
        Fault::input,
        fmt::format("{}/{} lacks tensor '{}', which the index places there", place, model.shards[shard].name, name),
        "fetch the shard and model.safetensors.index.json again");
  }
  return {};
}

std::string templates_in(const Json& settings) {
  const Json* value = member(settings, "chat_template");
  if (value == nullptr) return "";
  if (value->is_string()) return value->get<std::string>();
  std::string joined;
  if (value->is_array() || value->is_object()) {
    for (const Json& one : *value)
      joined += (one.is_string() ? one.get<std::string>() : string_member(one, "template")) + "\n";
  }
  return joined;
}

}  // namespace portwright::inspect
