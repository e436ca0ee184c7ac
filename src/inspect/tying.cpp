#include "inspect/tying.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace portwright::inspect {
namespace {

using checkpoint::MappedTensors;
using checkpoint::TensorInfo;

constexpr std::array<std::string_view, 6> head_names{"not told", "absent", "equal", "different", "alike", "not read"};

std::string contradiction_of(const Tying& tying) {
  if (!tying.by_config) return "";
  if (*tying.by_config && tying.head == HeadTensor::different) {
    return "config ties the head, and the checkpoint holds another one: " + tying.head_name;
  }
  if (!*tying.by_config && tying.head == HeadTensor::absent && !tying.embedding_name.empty()) {
    return "config does not tie the head, and the checkpoint holds none";
  }
  return "";
}

bool is_embedding_of_tokens(std::string_view name) {
  constexpr std::array<std::string_view, 8> endings{
      "embed_tokens.weight",   "wte.weight",        "word_embeddings.weight", "embed_in.weight",
      "tok_embeddings.weight", "embeddings.weight", "embedding.weight",       "embed.weight"};
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

HeadPlaces places_by_config(const StoredModel& model) {
  const ClassDefaults none;
  const ConfigView config(model.config, none, none);
  return head_places(model, TensorKinds(model.tensors, config.layers().value_or(0)));
}

// Other shapes or dtypes cannot hold the same bytes.
bool same_form(const StoredModel& model, const HeadPlaces& places) {
  const TensorInfo& head = model.tensors[*places.head];
  const TensorInfo& embedding = model.tensors[*places.embedding];
  return head.dtype == embedding.dtype && head.shape == embedding.shape;
}

HeadTensor head_tensor(HeadBytes bytes) {
  switch (bytes) {
    case HeadBytes::equal:
      return HeadTensor::equal;
    case HeadBytes::different:
      return HeadTensor::different;
    case HeadBytes::alike:
      return HeadTensor::alike;
    case HeadBytes::not_read:
      break;
  }
  return HeadTensor::not_read;
}

}  // namespace

std::string_view name(HeadTensor head) { return head_names.at(static_cast<std::size_t>(head)); }

std::optional<bool> Tying::tied() const {
  if (head == HeadTensor::absent || head == HeadTensor::equal || head == HeadTensor::alike)
    return by_config.value_or(true);
  if (head == HeadTensor::different) return false;
  return by_config;
}

HeadPlaces head_places(const StoredModel& model, const TensorKinds& kinds_of) {
  HeadPlaces places;
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    const TensorInfo& tensor = model.tensors[i];
    if (tensor.shape.size() != 2) continue;
    const Kind kind = kinds_of.of(i);
    if (kind == Kind::head && tensor.name.ends_with("weight") && !places.head) places.head = i;
    if (kind == Kind::embedding && is_embedding_of_tokens(tensor.name) && !places.embedding) places.embedding = i;
  }
  return places;
}

Tying tying(const ConfigView& config, const StoredModel& model, const HeadPlaces& places) {
  Tying result;
  if (const Found said = config.find({"tie_word_embeddings"}); said && said.value->is_boolean()) {
    result.by_config = said.value->get<bool>();
    result.config_where = said.where;
  }
  if (places.embedding) result.embedding_name = model.tensors[*places.embedding].name;
  if (places.head) {
    result.head_name = model.tensors[*places.head].name;
    result.head = head_tensor(model.head);
  } else if (!model.tensors.empty() && model.tensors_elsewhere == 0) {
    result.head = HeadTensor::absent;
  }
  result.contradiction = contradiction_of(result);
  return result;
}

std::vector<Piece> head_samples(const StoredModel& model) {
  constexpr std::uint64_t sample_bytes = 1U << 16U;
  const HeadPlaces places = places_by_config(model);
  if (!places.head || !places.embedding || !same_form(model, places)) return {};
  const std::uint64_t bytes = model.tensors[*places.head].end - model.tensors[*places.head].begin;
  const std::uint64_t length = std::min(bytes, sample_bytes);
  std::vector<Piece> pieces;
  for (const std::uint64_t from : {std::uint64_t{0}, (bytes - length) / 2, bytes - length}) {
    for (const std::size_t place : {*places.head, *places.embedding}) {
      const Shard& shard = model.shards[model.shard_of[place]];
      const std::uint64_t begin = shard.data_begin + model.tensors[place].begin + from;
      if (length > 0) pieces.push_back({shard.name, begin, begin + length});
    }
  }
  return pieces;
}

HeadBytes compare_samples(const StoredModel& model, const std::vector<std::string>& hashes) {
  const HeadPlaces places = places_by_config(model);
  if (!places.head || !places.embedding) return HeadBytes::not_read;
  if (!same_form(model, places)) return HeadBytes::different;
  if (hashes.empty() || hashes.size() % 2 != 0) return HeadBytes::not_read;
  for (std::size_t i = 0; i < hashes.size(); i += 2) {
    if (hashes[i] != hashes[i + 1]) return HeadBytes::different;
  }
  return HeadBytes::alike;
}

Result<HeadBytes> compare_head(const std::filesystem::path& folder, const StoredModel& model) {
  const HeadPlaces places = places_by_config(model);
  if (!places.head || !places.embedding) return HeadBytes::not_read;
  if (!same_form(model, places)) return HeadBytes::different;
  const TensorInfo& head = model.tensors[*places.head];
  const TensorInfo& embedding = model.tensors[*places.embedding];
  const auto file_of = [&](std::size_t place) { return folder / model.shards[model.shard_of[place]].name; };
  const auto of_head = MappedTensors::open(file_of(*places.head));
  if (!of_head) return tl::unexpected(of_head.error());
  const auto of_embedding = MappedTensors::open(file_of(*places.embedding));
  if (!of_embedding) return tl::unexpected(of_embedding.error());
  const std::size_t bytes = head.end - head.begin;
  const bool equal = std::memcmp(of_head->data(head), of_embedding->data(embedding), bytes) == 0;
  return equal ? HeadBytes::equal : HeadBytes::different;
}

}  // namespace portwright::inspect
