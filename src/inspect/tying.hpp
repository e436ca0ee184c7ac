// Whether the output head is the embedding: by config, by the tensors that are there, and by their bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "inspect/config_view.hpp"
#include "inspect/reference_facts.hpp"
#include "inspect/stored_model.hpp"
#include "inspect/tensor_kind.hpp"

namespace portwright::inspect {

enum class HeadTensor {
  untold,     // no weights here, or the shards that may hold it are missing
  absent,     // no tensor of a head
  equal,      // byte for byte the embedding
  different,  // other bytes, another shape or dtype
  alike,      // equal in samples of it
  not_read,   // there, and its bytes were not compared
};
[[nodiscard]] std::string_view name(HeadTensor head);

struct Tying {
  std::optional<bool> by_config;  // nothing where neither config nor the reference's class says it
  std::string config_where;       // "config.tie_word_embeddings", "class default"
  HeadTensor head = HeadTensor::untold;
  std::string head_name;       // "lm_head.weight"; empty: none
  std::string embedding_name;  // "model.embed_tokens.weight"; empty: none was found
  std::string contradiction;   // config and tensors do not agree; empty: they do

  // What a port has to do: nothing where it cannot be told.
  [[nodiscard]] std::optional<bool> tied() const;
};

// Places in StoredModel::tensors of the embedding's and the head's matrix.
struct HeadPlaces {
  std::optional<std::size_t> embedding;
  std::optional<std::size_t> head;
};
[[nodiscard]] HeadPlaces head_places(const StoredModel& model, const TensorKinds& kinds_of);

[[nodiscard]] Tying tying(const ConfigView& config, const StoredModel& model, const HeadPlaces& places);

// Bytes of a remote shard that tell head and embedding apart: of the head, of the embedding, in pairs. Empty where
// there is nothing to compare.
struct Piece {
  std::string shard;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
[[nodiscard]] std::vector<Piece> head_samples(const StoredModel& model);
// `hashes`: of those pieces, in their order.
[[nodiscard]] HeadBytes compare_samples(const StoredModel& model, const std::vector<std::string>& hashes);

// Reads both matrices of a folder to the first difference, whatever their size.
[[nodiscard]] Result<HeadBytes> compare_head(const std::filesystem::path& folder, const StoredModel& model);

}  // namespace portwright::inspect
