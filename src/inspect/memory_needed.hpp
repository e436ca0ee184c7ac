// What a port needs of memory: weights in bfloat16 and in mlx's affine quantization, and the cache of keys and values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inspect/layer_kinds.hpp"
#include "inspect/quantization.hpp"
#include "inspect/stored_model.hpp"
#include "inspect/tensor_kind.hpp"

namespace portwright::inspect {

// Bits of a weight in mlx's affine quantization in groups of 64, with a scale and a bias of 16 bits for each group.
constexpr std::uint64_t quantization_group = 64;
constexpr double bits_in_8 = 8 + 2 * 16.0 / quantization_group;
constexpr double bits_in_4 = 4 + 2 * 16.0 / quantization_group;

// Of one kind of layer, in bfloat16.
struct CacheNeeded {
  std::string kind;
  std::uint64_t layers = 0;                 // that keep a cache of their own
  std::uint64_t bytes_per_1000_tokens = 0;  // of all of them
  std::optional<std::uint64_t> window;      // tokens beyond which it does not grow
};

struct MemoryNeeded {
  std::uint64_t parameters = 0;   // that the text model keeps; 0: no weights here, and no bytes are told
  std::uint64_t quantizable = 0;  // of them in matrices whose inputs are a multiple of a group
  std::uint64_t bf16_bytes = 0;
  std::uint64_t bytes_8bit = 0;
  std::uint64_t bytes_4bit = 0;
  std::vector<CacheNeeded> cache;  // empty where config does not tell the sizes of heads
  std::string constant_state;      // layers whose state does not grow: "36 linear_attention"; empty: none
};

struct UsedTensors {
  const std::vector<checkpoint::TensorInfo>& tensors;
  const std::vector<bool>& ignored;      // for each tensor
  std::optional<std::size_t> tied_head;  // a head that a port drops
};
[[nodiscard]] MemoryNeeded memory_needed(const ConfigView& config, const UsedTensors& used,
                                         const std::optional<Quantization>& quantization, const LayerKinds& layers);

}  // namespace portwright::inspect
