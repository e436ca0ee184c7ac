#include "inspect/layer_kinds.hpp"

#include <doctest/doctest.h>

#include "inspect/testing_model.hpp"

namespace portwright::inspect {
namespace {

LayerKinds kinds_in(const Json& config, const std::vector<checkpoint::TensorInfo>& tensors = {},
                    const Json& defaults = Json::object()) {
  const ClassDefaults text{defaults, Json::object()};
  const ClassDefaults none;
  const ConfigView view(config, text, none);
  return layer_kinds(view, tensors, TensorKinds(tensors, view.layers().value_or(0)));
}

std::string joined(const LayerKinds& kinds) {
  std::string text;
  for (const std::string& one : kinds.of_layer) text += one.substr(0, 1);
  return text;
}

TEST_CASE("a list, a letter for each layer, a period and an interval say the same thing") {
  const Json list = {{"num_hidden_layers", 4},
                     {"layer_types", {"linear_attention", "linear_attention", "linear_attention", "full_attention"}}};
  CHECK(joined(kinds_in(list)) == "lllf");
  CHECK(kinds_in(list).where == "config.layer_types");
  CHECK(joined(kinds_in({{"num_hidden_layers", 4}, {"full_attention_interval", 4}})) == "lllf");
  CHECK(joined(kinds_in({{"num_hidden_layers", 4}, {"hybrid_override_pattern", "M*-E"}})) == "mamm");
  CHECK(joined(kinds_in({{"num_hidden_layers", 4}, {"attn_layer_period", 4}, {"attn_layer_offset", 1}})) == "mamm");
  CHECK(joined(kinds_in({{"num_hidden_layers", 4}, {"full_attn_idxs", {1, 3}}})) == "cfcf");
  CHECK(joined(kinds_in({{"num_hidden_layers", 4}, {"linear_attn_config", {{"full_attn_layers", {4}}}}})) == "lllf");
  CHECK(joined(kinds_in({{"num_hidden_layers", 4}, {"attention_chunk_size", 8}, {"no_rope_layers", {1, 1, 1, 0}}})) ==
        "cccf");
}

TEST_CASE("windows: a pattern, all layers, those from one on, or none") {
  CHECK(joined(kinds_in({{"num_hidden_layers", 6}, {"sliding_window", 8}, {"sliding_window_pattern", 3}})) == "ssfssf");
  const LayerKinds all = kinds_in({{"num_hidden_layers", 3}, {"sliding_window", 4096}});
  CHECK(joined(all) == "sss");
  CHECK(all.window == 4096);
  const Json off = {{"num_hidden_layers", 3}, {"sliding_window", 4096}, {"use_sliding_window", false}};
  CHECK(joined(kinds_in(off)) == "fff");
  CHECK_FALSE(kinds_in(off).window);
  CHECK(
      joined(kinds_in(
          {{"num_hidden_layers", 3}, {"sliding_window", 8}, {"use_sliding_window", true}, {"max_window_layers", 2}})) ==
      "ffs");
  // A null is "no window", whatever the class has.
  CHECK(joined(kinds_in({{"num_hidden_layers", 2}, {"sliding_window", nullptr}}, {}, {{"sliding_window", 4096}})) ==
        "ff");
}

TEST_CASE("the shortest period is told, also where the last one is cut") {
  const LayerKinds kinds = kinds_in({{"num_hidden_layers", 8}, {"full_attention_interval", 3}});
  CHECK(kinds.pattern == "2 linear_attention, 1 full_attention, over and over");
  CHECK(kinds.counts.size() == 2);
  CHECK(kinds_in({{"num_hidden_layers", 3}, {"layer_types", {"a", "b", "b"}}}).pattern.empty());
}

TEST_CASE("where config says nothing, the tensors tell") {
  const std::vector<checkpoint::TensorInfo> tensors{tensor("layers.0.mixer.A_log", "F32", {4}),
                                                    tensor("layers.1.mixer.q_proj.weight", "F32", {4, 4}),
                                                    tensor("layers.1.mlp.experts.0.w1.weight", "F32", {4, 4})};
  const LayerKinds kinds = kinds_in({{"num_hidden_layers", 2}}, tensors);
  CHECK(joined(kinds) == "ra");
  CHECK(kinds.where == "headers");
  CHECK(kinds.mlps_where == "headers");
  CHECK(kinds.mlps.size() == 2);
}

TEST_CASE("which layers have experts is told by config where no weights are") {
  const auto moe = [](Json config) {
    config.update({{"num_hidden_layers", 4}, {"num_experts", 8}});
    const LayerKinds kinds = kinds_in(config);
    for (const KindCount& kind : kinds.mlps) {
      if (kind.name == "moe") return kind.layers;
    }
    return std::uint64_t{0};
  };
  CHECK(moe(Json::object()) == 4);
  CHECK(moe({{"first_k_dense_replace", 1}}) == 3);
  CHECK(moe({{"decoder_sparse_step", 2}}) == 2);
  CHECK(moe({{"mlp_only_layers", {0, 2}}}) == 2);
  CHECK(moe({{"expert_layer_period", 4}, {"expert_layer_offset", 1}}) == 1);
}

TEST_CASE("numbers that no model has cost no time") {
  CHECK_FALSE(kinds_in({{"num_hidden_layers", 1e18}}).layers);
  CHECK_FALSE(kinds_in({{"num_hidden_layers", -3}}).layers);
  CHECK_FALSE(kinds_in({{"num_hidden_layers", "many"}}).layers);
  CHECK(kinds_in({{"num_hidden_layers", 2}, {"layer_types", {1, {{"x", 2}}}}}).of_layer.size() == 2);
}

}  // namespace
}  // namespace portwright::inspect
