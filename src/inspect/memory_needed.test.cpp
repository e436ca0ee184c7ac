#include "inspect/memory_needed.hpp"

#include <doctest/doctest.h>

#include "inspect/testing_model.hpp"

namespace portwright::inspect {
namespace {

MemoryNeeded needed(const Json& config, const std::vector<checkpoint::TensorInfo>& tensors,
                    std::optional<std::size_t> tied_head = {}) {
  const ClassDefaults none;
  const ConfigView view(config, none, none);
  const TensorKinds kinds_of(tensors, 0);
  const std::vector<bool> ignored(tensors.size());
  return memory_needed(view, {tensors, ignored, tied_head}, std::nullopt, layer_kinds(view, tensors, kinds_of));
}

TEST_CASE("matrices take 8.5 and 4.5 bits a weight, the rest stays in bfloat16") {
  const std::vector<checkpoint::TensorInfo> tensors{
      tensor("a.weight", "BF16", {10, 64}), tensor("norm.weight", "BF16", {64}), tensor("odd.weight", "BF16", {10, 63}),
      tensor("conv1d.weight", "BF16", {10, 1, 64})};
  const MemoryNeeded memory = needed({{"num_hidden_layers", 1}}, tensors);
  CHECK(memory.parameters == 640 + 64 + 630 + 640);
  CHECK(memory.quantizable == 640);
  CHECK(memory.bf16_bytes == 2 * memory.parameters);
  CHECK(memory.bytes_8bit == 640 * 17 / 16 + 2 * (64 + 630 + 640));
  CHECK(memory.bytes_4bit == 640 * 9 / 16 + 2 * (64 + 630 + 640));
  CHECK(needed({{"num_hidden_layers", 1}}, tensors, 0).parameters == 64 + 630 + 640);
}

TEST_CASE("the cache is told by kind of layer") {
  const Json sizes = {
      {"num_hidden_layers", 6}, {"num_attention_heads", 8}, {"num_key_value_heads", 2}, {"hidden_size", 512}};
  Json sliding = sizes;
  sliding.update({{"sliding_window", 1024}, {"sliding_window_pattern", 3}});
  const MemoryNeeded memory = needed(sliding, {});
  REQUIRE(memory.cache.size() == 2);
  CHECK(memory.cache[0].kind == "sliding_attention");
  CHECK(memory.cache[0].bytes_per_1000_tokens == 4 * 2 * 2 * 64 * 2 * 1000);
  CHECK(memory.cache[0].window == 1024);
  CHECK(memory.cache[1].bytes_per_1000_tokens == 2 * 2 * 2 * 64 * 2 * 1000);
  CHECK_FALSE(memory.cache[1].window);

  Json latent = sizes;
  latent.update({{"kv_lora_rank", 512}, {"qk_rope_head_dim", 64}});
  CHECK(needed(latent, {}).cache.at(0).bytes_per_1000_tokens == 6 * (512 + 64) * 2 * 1000);

  Json shared = sizes;
  shared["num_kv_shared_layers"] = 2;
  CHECK(needed(shared, {}).cache.at(0).layers == 4);
  shared["num_kv_shared_layers"] = 100;
  CHECK(needed(shared, {}).cache.at(0).layers == 0);

  Json hybrid = sizes;
  hybrid["full_attention_interval"] = 3;
  const MemoryNeeded half = needed(hybrid, {});
  REQUIRE(half.cache.size() == 1);
  CHECK(half.cache[0].layers == 2);
  CHECK(half.constant_state == "4 linear_attention");
}

TEST_CASE("without sizes nothing is told") {
  CHECK(needed(Json::object(), {}).cache.empty());
  CHECK(needed({{"num_hidden_layers", 2}, {"num_key_value_heads", 1e11}, {"head_dim", 1e11}}, {}).cache.empty());
}

}  // namespace
}  // namespace portwright::inspect
