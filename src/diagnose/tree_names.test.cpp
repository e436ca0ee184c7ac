#include "diagnose/tree_names.hpp"

#include <doctest/doctest.h>

namespace portwright::diagnose {
namespace {

const std::vector<std::string> of_reference{"model", "model.layers.0.self_attn.q_proj", "model.layers.0.mlp.gate",
                                            "model.layers.0.mlp.experts", "model.layers.0.input_layernorm"};
const std::vector<std::string> of_port{"model",
                                       "model.layers.0.self_attn.q_proj",
                                       "model.layers.0.self_attn.q_norm",
                                       "model.layers.0.block_sparse_moe.gate",
                                       "model.layers.0.block_sparse_moe.switch_mlp.up_proj",
                                       "model.layers.0.block_sparse_moe.switch_mlp.down_proj",
                                       "model.layers.0.input_layernorm"};

}  // namespace

TEST_CASE("a module is named as the one that stands in its place") {
  const auto named = [](const std::string& path) { return name_in_reference(path, of_port, of_reference); };
  CHECK(named("model.layers.0.self_attn.q_proj") == "model.layers.0.self_attn.q_proj");
  CHECK(named("model.layers.0.block_sparse_moe") == "model.layers.0.mlp");
  CHECK(named("model.layers.0.block_sparse_moe.gate") == "model.layers.0.mlp.gate");
  CHECK(named("model.layers.0.block_sparse_moe.switch_mlp.down_proj") == "model.layers.0.mlp.experts");
  // The reference has none, and nothing that could stand for it.
  CHECK(named("model.layers.0.self_attn.q_norm") == "model.layers.0.self_attn.q_norm");
}

TEST_CASE("of two that are left over the module around them is told") {
  std::vector<std::string> reference = of_reference;
  reference.emplace_back("model.layers.0.mlp.shared_expert");
  CHECK(name_in_reference("model.layers.0.block_sparse_moe.switch_mlp.up_proj", of_port, reference) ==
        "model.layers.0.mlp");
}

}  // namespace portwright::diagnose
