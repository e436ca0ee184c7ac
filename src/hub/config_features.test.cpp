#include "hub/config_features.hpp"

#include <doctest/doctest.h>

namespace portwright::hub {
namespace {

using Keys = std::set<std::string>;

TEST_CASE("sizes scale; what is true, null, zero, named or listed switches") {
  const Json config = {{"hidden_size", 64},
                       {"tie_word_embeddings", true},
                       {"sliding_window", nullptr},
                       {"first_k_dense_replace", 0},
                       {"hidden_act", "silu"},
                       {"layer_types", {"full_attention", "sliding_attention", "full_attention"}},
                       {"rope_scaling", {{"rope_type", "llama3"}, {"factor", 8.0}}}};
  const Keys features = features_of(config, keys_of(config));
  for (const char* expected :
       {"hidden_size a number", "tie_word_embeddings true", "sliding_window null", "first_k_dense_replace zero",
        "hidden_act silu", "layer_types full_attention and sliding_attention", "rope_scaling.rope_type llama3",
        "rope_scaling.factor a number"}) {
    CAPTURE(expected);
    CHECK(features.contains(expected));
  }
  CHECK(features.size() == 8);
}

TEST_CASE("names, dtypes, ids of tokens and what training reads switch nothing") {
  const Json config = {{"_name_or_path", "x"},     {"torch_dtype", "bfloat16"}, {"eos_token_id", {1, 2}},
                       {"attention_dropout", 0.1}, {"embd_pdrop", 0.0},         {"transformers_version", "4"},
                       {"hidden_size", 8}};
  CHECK(code_config(config) == Json{{"hidden_size", 8}});
  CHECK(keys_of(config) == Keys{"hidden_size"});
}

TEST_CASE("the order of keys makes no other config") {
  const Json one = {{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}};
  const Json other = {{"b", {{"d", 3}, {"c", 2}}}, {"a", 1}};
  CHECK(code_config(one).dump() == code_config(other).dump());
}

TEST_CASE("a key that another config has is missing here") {
  const Json here = {{"hidden_size", 8}};
  const Json there = {{"hidden_size", 16}, {"mlp_bias", false}, {"rope_scaling", {{"factor", 2.0}}}};
  Keys keys = keys_of(here);
  keys.merge(keys_of(there));
  CHECK(features_of(here, keys).contains("mlp_bias not set"));
  CHECK(!features_of(there, keys).contains("mlp_bias not set"));
}

TEST_CASE("relations between sizes are features") {
  const auto features = [](const Json& config) { return features_of(config, {}); };
  CHECK(features({{"num_key_value_heads", 4}, {"num_attention_heads", 4}})
            .contains("num_key_value_heads = num_attention_heads"));
  CHECK(features({{"num_key_value_heads", 1}, {"num_attention_heads", 4}}).contains("num_key_value_heads = 1"));
  CHECK(features({{"head_dim", 128}, {"num_attention_heads", 16}, {"hidden_size", 1024}})
            .contains("head_dim x heads > hidden_size"));
}

TEST_CASE("a config that is no object, or nests without end, is bounded") {
  CHECK(features_of(Json::array(), {}).empty());
  Json deep = 1;
  for (int i = 0; i < 200; ++i) deep = Json{{"a", deep}};
  CHECK(features_of(deep, keys_of(deep)).size() == 1);
  CHECK(!code_config(deep).empty());
}

}  // namespace
}  // namespace portwright::hub
