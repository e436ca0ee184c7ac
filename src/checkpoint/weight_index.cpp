#include "checkpoint/weight_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "base/files.hpp"
#include "checkpoint/refused_events.hpp"

namespace portwright::checkpoint {
namespace {

bool is_plain_name(const std::string& shard) {
  return !shard.empty() && shard != "." && shard != ".." && shard.find('/') == std::string::npos &&
         shard.find('\0') == std::string::npos;
}

// Some writers made it a float.
std::optional<std::uint64_t> total_bytes(double written) {
  if (!(written >= 0) || written > 1e18) return std::nullopt;
  return static_cast<std::uint64_t>(written);
}

// Entry by entry; the shards get their places at the end.
class Collected {
 public:
  void add(std::string tensor, const std::string& shard) {
    // A shard's tensors come in runs.
    if (last_ == shards_.end() || last_->first != shard) {
      last_ = shards_.emplace(shard, static_cast<std::uint32_t>(shards_.size())).first;
    }
    index_.tensors.emplace_back(std::move(tensor), last_->second);
  }
  void note_total(std::optional<std::uint64_t> bytes) { index_.total_bytes = bytes; }

  [[nodiscard]] WeightIndex sorted() && {
    std::vector<std::uint32_t> place(shards_.size());
    for (const auto& [shard, met] : shards_) {
      place[met] = static_cast<std::uint32_t>(index_.shards.size());
      index_.shards.push_back(shard);
    }
    for (auto& [tensor, shard] : index_.tensors) shard = place[shard];
    return std::move(index_);
  }

 private:
  std::map<std::string, std::uint32_t> shards_;
  std::map<std::string, std::uint32_t>::iterator last_ = shards_.end();
  WeightIndex index_;
};

// An index as transformers writes it, read without a JSON value for each tensor.
class PlainIndex : public RefusedEvents {
 public:
  bool null() const { return at_ == At::metadata; }
  bool boolean(bool /*value*/) const { return at_ == At::metadata; }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (at_ == At::metadata && key_ == "total_size") collected_.note_total(total_bytes(static_cast<double>(value)));
    return at_ == At::metadata;
  }
  bool string(std::string& value) {
    if (at_ != At::map) return at_ == At::metadata;
    if (!is_plain_name(value)) return false;
    collected_.add(std::move(key_), value);
    return true;
  }
  bool start_object(std::size_t /*members*/) {
    if (at_ == At::map || at_ == At::metadata) return false;
    if (at_ == At::top && key_ != "weight_map" && key_ != "metadata") return false;
    at_ = at_ == At::outside ? At::top : key_ == "metadata" ? At::metadata : At::map;
    return at_ != At::map || !std::exchange(has_map_, true);
  }
  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }
  bool end_object() {
    at_ = at_ == At::top ? At::outside : At::top;
    return true;
  }

  // Empty where it has no weight_map, or names a tensor twice.
  [[nodiscard]] std::optional<WeightIndex> index() && {
    if (!has_map_) return std::nullopt;
    WeightIndex index = std::move(collected_).sorted();
    std::vector<std::string_view> names;
    names.reserve(index.tensors.size());
    for (const auto& [tensor, shard] : index.tensors) names.emplace_back(tensor);
    // As transformers writes it.
    if (std::ranges::adjacent_find(names, std::greater_equal()) == names.end()) return index;
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end()) return std::nullopt;
    return index;
  }

 private:
  enum class At { outside, top, metadata, map };
  At at_ = At::outside;
  bool has_map_ = false;
  std::string key_;
  Collected collected_;
};

std::optional<std::uint64_t> total_size(const Json& index) {
  const auto metadata = index.find("metadata");
  if (metadata == index.end() || !metadata->is_object()) return std::nullopt;
  const auto total = metadata->find("total_size");
  if (total == metadata->end() || !total->is_number()) return std::nullopt;
  return total_bytes(total->get<double>());
}

Result<WeightIndex> any_index(const Json& index, const std::string& origin) {
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || map == index.end() || !map->is_object()) {
    return fail(Fault::input, origin + " has no weight_map", "fetch the file again");
  }
  Collected collected;
  collected.note_total(total_size(index));
  for (const auto& [tensor, value] : map->items()) {
    const std::string* shard = value.get_ptr<const std::string*>();
    if (shard == nullptr) {
      return fail(Fault::input, fmt::format("{} gives tensor '{}' no file name", origin, tensor),
                  "fetch the file again");
    }
    if (!is_plain_name(*shard)) {
      return fail(
          Fault::input,
          fmt::format("{} places tensor '{}' in '{}', which is no file name in its folder", origin, tensor, *shard),
          "fetch the file again, from a source you trust");
    }
    collected.add(tensor, *shard);
  }
  return std::move(collected).sorted();
}

}  // namespace

Result<WeightIndex> weight_index(std::string_view text, const std::string& origin) {
  PlainIndex plain;
  if (Json::sax_parse(text.begin(), text.end(), &plain)) {
    if (std::optional<WeightIndex> index = std::move(plain).index()) return std::move(*index);
  }
  const Result<Json> json = parse_json(text, origin);
  if (!json) return tl::unexpected(json.error());
  return any_index(*json, origin);
}

Result<WeightIndex> read_weight_index(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  return weight_index(*text, file.string());
}

}  // namespace portwright::checkpoint
