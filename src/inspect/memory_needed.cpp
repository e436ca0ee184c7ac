#include "inspect/memory_needed.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portwright::inspect {
namespace {

constexpr std::uint64_t bytes_of_bf16 = 2;

bool is_quantizable(std::string_view name, const Unpacked& weight) {
  if (weight.shape.size() < 2 || weight.shape.back() % quantization_group != 0) return false;
  // Convolutions and biases of stacked experts are no matrices that a token is multiplied with.
  return name.find("conv") == std::string_view::npos && !name.ends_with("bias");
}

void weigh(const UsedTensors& used, const std::optional<Quantization>& quantization, MemoryNeeded& memory) {
  for (std::size_t i = 0; i < used.tensors.size(); ++i) {
    if (used.ignored[i] || used.tied_head == i) continue;
    const Unpacked weight = unpacked(used.tensors[i], quantization);
    memory.parameters += weight.parameters;
    if (is_quantizable(used.tensors[i].name, weight)) memory.quantizable += weight.parameters;
  }
  const auto bytes = [&](double bits) {
    return static_cast<std::uint64_t>(static_cast<double>(memory.quantizable) * bits / 8) +
           (memory.parameters - memory.quantizable) * bytes_of_bf16;
  };
  memory.bf16_bytes = memory.parameters * bytes_of_bf16;
  memory.bytes_8bit = bytes(bits_in_8);
  memory.bytes_4bit = bytes(bits_in_4);
}

bool says(std::string_view kind, const Keys& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return kind.find(word) != std::string_view::npos; });
}
bool is_bounded(std::string_view kind) { return says(kind, {"sliding", "chunked", "local"}); }
bool keeps_keys(std::string_view kind) {
  if (says(kind, {"linear", "gated_delta"})) return false;
  return says(kind, {"attention", "attn", "full", "sliding", "hybrid", "global", "local", "sparse"});
}
bool keeps_state(std::string_view kind) {
  return says(kind, {"linear", "mamba", "recurrent", "conv", "hybrid", "gated_delta", "ssm"});
}

// Numbers kept for one token by one layer of this kind: keys and values, or a latent and the part of the key that
// turns.
std::optional<std::uint64_t> numbers_a_token(const ConfigView& config, std::string_view kind) {
  if (const auto latent = config.count({"kv_lora_rank"}))
    return *latent + config.count({"qk_rope_head_dim"}).value_or(0);
  const auto heads = config.count({"num_attention_heads", "n_head", "n_heads", "num_heads"});
  std::optional<std::uint64_t> keys;
  std::optional<std::uint64_t> width;
  if (is_bounded(kind)) {
    keys = config.count({"swa_num_key_value_heads"});
    width = config.count({"swa_head_dim"});
  } else {
    keys = config.count({"num_global_key_value_heads"});
    width = config.count({"global_head_dim"});
  }
  if (!keys) keys = config.count({"num_key_value_heads", "num_kv_heads", "n_head_kv"});
  if (!keys) keys = config.flag("multi_query") ? std::optional<std::uint64_t>(1) : heads;
  if (!width) width = config.count({"head_dim", "attention_head_dim"});
  const auto hidden = config.count({"hidden_size", "n_embd", "d_model"});
  if (!width && hidden && heads) width = *hidden / *heads;
  constexpr std::uint64_t most = 1'000'000;
  if (!keys || !width || *keys > most || *width > most) return std::nullopt;
  return *keys * (*width + config.count({"v_head_dim"}).value_or(*width));
}

void note_cache(const ConfigView& config, const LayerKinds& layers, MemoryNeeded& memory) {
  // The last layers may use the cache of an earlier one.
  const std::uint64_t shared = config.count({"num_kv_shared_layers"}).value_or(0);
  const std::size_t own = layers.of_layer.size() - std::min<std::size_t>(shared, layers.of_layer.size());
  for (const KindCount& kind : layers.counts) {
    if (keeps_state(kind.name)) {
      memory.constant_state +=
          fmt::format("{}{} {}", memory.constant_state.empty() ? "" : ", ", kind.layers, kind.name);
    }
    if (!keeps_keys(kind.name)) continue;
    const auto numbers = numbers_a_token(config, kind.name);
    if (!numbers) continue;
    CacheNeeded cache{kind.name, 0, 0, std::nullopt};
    for (std::size_t i = 0; i < own; ++i) {
      if (layers.of_layer[i] == kind.name) ++cache.layers;
    }
    cache.bytes_per_1000_tokens = cache.layers * *numbers * bytes_of_bf16 * 1000;
    if (is_bounded(kind.name)) cache.window = layers.window;
    memory.cache.push_back(std::move(cache));
  }
}

}  // namespace

MemoryNeeded memory_needed(const ConfigView& config, const UsedTensors& used,
                           const std::optional<Quantization>& quantization, const LayerKinds& layers) {
  MemoryNeeded memory;
  weigh(used, quantization, memory);
  note_cache(config, layers, memory);
  return memory;
}

}  // namespace portwright::inspect
