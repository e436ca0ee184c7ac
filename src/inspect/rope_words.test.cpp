#include "inspect/rope_words.hpp"

#include <doctest/doctest.h>

#include "base/testing.hpp"

namespace portwright::inspect {
namespace {

using portwright::testing::says;

std::vector<Rope> ropes(const Json& config, const Json& defaults = Json::object()) {
  const ClassDefaults text{defaults, Json::object()};
  const ClassDefaults none;
  return rope_words(ConfigView(config, text, none));
}

TEST_CASE("both forms of the same settings give the same words") {
  const char* words =
      "llama3 scaling, factor 8, theta 500000, low frequency factor 1, high frequency factor 4, original context 8192";
  const Json scaling = {{"rope_type", "llama3"},
                        {"factor", 8.0},
                        {"low_freq_factor", 1.0},
                        {"high_freq_factor", 4.0},
                        {"original_max_position_embeddings", 8192}};
  const auto older = ropes({{"rope_theta", 500000.0}, {"rope_scaling", scaling}});
  REQUIRE(older.size() == 1);
  CHECK(older[0].sentence == words);
  CHECK(older[0].theta_where == "config.rope_theta");
  Json newer = scaling;
  newer["rope_theta"] = 500000.0;
  const auto nested = ropes({{"rope_parameters", newer}});
  REQUIRE(nested.size() == 1);
  CHECK(nested[0].sentence == words);
  CHECK(nested[0].theta_where == "config.rope_parameters.rope_theta");
}

TEST_CASE("each kind of layer with settings of its own has its own words") {
  const auto nested = ropes({{"rope_parameters",
                              {{"full_attention", {{"rope_type", "linear"}, {"factor", 8}, {"rope_theta", 1e6}}},
                               {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 1e4}}}}}});
  REQUIRE(nested.size() == 2);
  CHECK(nested[0].layers == "full_attention");
  CHECK(nested[0].sentence == "linear scaling, factor 8, theta 1000000");
  CHECK(nested[1].sentence == "no scaling, theta 10000");
  const auto older = ropes(
      {{"rope_theta", 1e6}, {"rope_local_base_freq", 1e4}, {"rope_scaling", {{"type", "linear"}, {"factor", 8}}}});
  REQUIRE(older.size() == 2);
  CHECK(older[0].sentence == nested[0].sentence);
  CHECK(older[1].layers == "sliding_attention");
  CHECK(older[1].sentence == nested[1].sentence);
}

TEST_CASE("a base that config leaves out comes from the class, and says so") {
  const auto found = ropes(Json::object(), {{"default_theta", 12000000.0}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].sentence == "no scaling, theta 12000000");
  CHECK(found[0].theta_where == "class default");
  CHECK(ropes(Json::object()).empty());
  CHECK(ropes({{"rope_scaling", nullptr}}).empty());
}

TEST_CASE("what turns a part of the head, some layers, or nothing at all is told") {
  CHECK(says(ropes({{"rope_theta", 1e4}, {"partial_rotary_factor", 0.25}})[0].sentence, "turns 0.25 of each head"));
  CHECK(says(ropes({{"rope_theta", 1e4}, {"qk_rope_head_dim", 64}})[0].sentence, "turns 64 dimensions of a head"));
  CHECK(says(ropes({{"rope_theta", 1e4}, {"no_rope_layers", {1, 1, 1, 0}}})[0].sentence, "1 of 4 layers without"));
  CHECK(ropes({{"position_embedding_type", "nope"}, {"rope_theta", 1e4}})[0].type == "none");
  CHECK(says(ropes({{"alibi", true}})[0].sentence, "ALiBi"));
  CHECK(
      says(ropes({{"rope_theta", 1e4}, {"rope_scaling", {{"type", "longrope"}, {"long_factor", {1, 2}}}}})[0].sentence,
           "long_factor of 2 numbers"));
}

TEST_CASE("the context is read under its several names, and a tokenizer without a bound says nothing") {
  const ClassDefaults none;
  const Json config = {{"n_positions", 1024}};
  const ConfigView view(config, none, none);
  CHECK(context_length(view, nullptr).tokens == 1024);
  CHECK(context_length(view, nullptr).where == "config.n_positions");
  CHECK_FALSE(context_length(view, {{"model_max_length", 1e30}}).tokenizer);
  CHECK_FALSE(context_length(view, {{"model_max_length", 1024}}).tokenizer);
  CHECK(context_length(view, {{"model_max_length", 512}}).tokenizer == 512);
}

}  // namespace
}  // namespace portwright::inspect
