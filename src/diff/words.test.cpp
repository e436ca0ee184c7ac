#include "diff/words.hpp"

#include <doctest/doctest.h>

#include "diff/key_group.hpp"
#include "diff/ordered.hpp"

using namespace portwright::diff;
using portwright::Json;

TEST_CASE("a key as code reads it means a key of a config") {
  CHECK(means("hidden_size", "hidden_size"));
  CHECK(means("layer_types.*", "layer_types"));
  CHECK(means("rope_parameters.*.rope_type", "rope_parameters.rope_type"));
  CHECK(means("rope_parameters.*.rope_type", "rope_parameters.full_attention.rope_type"));
  CHECK(means("table.*", "table.a"));
  CHECK_FALSE(means("hidden_size", "hidden_sizes"));
  CHECK_FALSE(means("hidden_size", "text_config.hidden_size"));
  CHECK_FALSE(means("rope_parameters", "rope_parameters.factor"));
  CHECK_FALSE(means("rope_parameters.*", "rope_parameters.factor"));
  CHECK_FALSE(means("rope_parameters.*.factor", "rope_parameters.full_attention.rope_type"));
}

TEST_CASE("variants have letters, and runs of them are short") {
  CHECK(label(0) == "A");
  CHECK(label(25) == "Z");
  CHECK(label(26) == "A2");
  CHECK(labels({0, 1, 2, 5}, 7) == "A-C,F");
  CHECK(labels({0, 1}, 3) == "A,B");
  CHECK(labels({0, 1, 2}, 3) == "all");
  CHECK(labels({0, 1}, 2) == "A,B");
}

TEST_CASE("values fit a line and say where they come from") {
  CHECK(value_text(Json()) == "None");
  CHECK(value_text(Json(true)) == "True");
  CHECK(value_text(Json("")) == "\"\"");
  CHECK(value_text(Json::array({"a", "a", "b"})) == "[a x2, b]");
  CHECK(value_text(Json(std::string(500, 'x'))).size() < 120);
  CHECK(setting_text({}) == "—");
  CHECK(setting_text({Origin::standard, true, Json(1), {}, {}, {}}) == "1 (default)");
  CHECK(setting_text({Origin::file, true, Json(1), {}, {}, "old"}) == "1 (as old)");
  CHECK(setting_text({Origin::computed, false, {}, "a // b", {"c.py", 3}, {}}) == "? = a // b (c.py:3)");
  CHECK(setting_text({Origin::computed, true, Json(4), "a // b", {"c.py", 3}, {}}) == "4 = a // b (c.py:3)");
}

TEST_CASE("a key that one config lacks is like null, and one that is computed like its expression") {
  const Setting none;
  const Setting null{Origin::file, true, {}, {}, {}, {}};
  const Setting whole{Origin::file, true, Json(10000), {}, {}, {}};
  const Setting real{Origin::standard, true, Json(10000.0), {}, {}, {}};
  const Setting open{Origin::computed, false, {}, "a", {}, {}};
  const Setting other{Origin::computed, false, {}, "b", {}, {}};
  CHECK(alike(none, null));
  CHECK(alike(whole, real));
  CHECK_FALSE(alike(whole, null));
  CHECK(alike(open, open));
  CHECK_FALSE(alike(open, other));
  CHECK_FALSE(alike(open, null));
}

TEST_CASE("a branch is told for each variant, and where it goes by layer in layers") {
  Decision decision{{}, {}, {}, {}};
  decision.taken = {{true, {1, 0, 0, false}},
                    {true, {0, 1, 0, false}},
                    {true, {0, 0, 1, false}},
                    {true, {4, 2, 0, true}},
                    {false, {}},
                    {true, {1, 0, 0, false}}};
  CHECK(taken_text(decision) == "A,F: taken · B: not taken · C: cannot be told · D: taken in 4 of 6 layers");
}

TEST_CASE("names tell which keys decide most, and which are beside the model") {
  CHECK(group_of_name("rope_parameters.factor") == Group::rope);
  CHECK(group_of_name("text_config.sliding_window") == Group::layers);
  CHECK(group_of_name("embedding_multiplier") == Group::multipliers);
  CHECK(group_of_name("query_pre_attn_scalar") == Group::multipliers);
  CHECK(group_of_name("text_config.dtype") == Group::dtype);
  CHECK(group_of_name("hidden_size") == Group::others);
  for (const char* key :
       {"attention_dropout", "use_cache", "text_config.pad_token_id", "_name_or_path", "model_type"}) {
    CHECK_MESSAGE(is_beside_the_model(key), key);
  }
  for (const char* key : {"hidden_size", "tie_word_embeddings", "rope_theta", "num_experts_per_tok"}) {
    CHECK_MESSAGE(!is_beside_the_model(key), key);
  }
}

TEST_CASE("what is equal stays in its order") {
  std::vector<std::pair<int, char>> items{{2, 'a'}, {1, 'b'}, {2, 'c'}, {1, 'd'}};
  put_in_order(items, [](const auto& item) { return item.first; });
  CHECK(items == std::vector<std::pair<int, char>>{{1, 'b'}, {1, 'd'}, {2, 'a'}, {2, 'c'}});
}
