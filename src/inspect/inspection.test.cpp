#include "inspect/inspection.hpp"

#include <doctest/doctest.h>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"
#include "checkpoint/written_tensors.hpp"
#include "inspect/testing_model.hpp"

namespace portwright::inspect {
namespace {

using portwright::testing::says;

StoredModel llama(Json config = Json::object()) {
  config.update({{"model_type", "llama"}, {"num_hidden_layers", 1}, {"torch_dtype", "bfloat16"}});
  return stored(
      config,
      {tensor("model.embed_tokens.weight", "BF16", {64, 64}), tensor("model.norm.weight", "BF16", {64}),
       tensor("model.layers.0.self_attn.q_proj.weight", "BF16", {64, 64}), tensor("lm_head.weight", "BF16", {64, 64})});
}

TEST_CASE("tied or not: config, the class and the bytes have their say") {
  StoredModel model = llama();
  CHECK_FALSE(inspect("m", model, {}).tying.tied());
  model.head = HeadBytes::equal;
  CHECK(inspect("m", model, {}).tying.tied() == true);
  model.head = HeadBytes::different;
  CHECK(inspect("m", model, {}).tying.tied() == false);
  model.config["tie_word_embeddings"] = true;
  const Inspection torn = inspect("m", model, {});
  CHECK(says(torn.tying.contradiction, "holds another one: lm_head.weight"));
  CHECK(torn.notes.front() == torn.tying.contradiction);

  ReferenceFacts facts;
  facts.text.values["tie_word_embeddings"] = true;
  StoredModel headless = stored({{"num_hidden_layers", 1}}, {tensor("model.embed_tokens.weight", "BF16", {64, 64})});
  CHECK(inspect("m", headless, facts).tying.config_where == "class default");
  CHECK(inspect("m", headless, facts).tying.head == HeadTensor::absent);
  headless.config["tie_word_embeddings"] = false;
  CHECK(says(inspect("m", headless, facts).tying.contradiction, "the checkpoint holds none"));
}

TEST_CASE("a tied head is not counted in memory, an own one is") {
  StoredModel model = llama({{"tie_word_embeddings", true}});
  model.head = HeadBytes::equal;
  CHECK(inspect("m", model, {}).memory.parameters == 2 * 64 * 64 + 64);
  model.config["tie_word_embeddings"] = false;
  CHECK(inspect("m", model, {}).memory.parameters == 3 * 64 * 64 + 64);
}

TEST_CASE("the bytes of the head are compared across files") {
  const TemporaryFolder folder;
  const auto write = [&](const char* name, const char* tensor_name, const std::string& data) {
    folder.write(name,
                 checkpoint::file_bytes(Json{{tensor_name, checkpoint::entry("BF16", {2, 2}, 0, 8)}}.dump(), data));
  };
  folder.write("config.json", R"({"model_type": "llama", "num_hidden_layers": 1})");
  write("model-1.safetensors", "model.embed_tokens.weight", "abcdefgh");
  write("model-2.safetensors", "lm_head.weight", "abcdefgh");
  auto model = read_folder(folder.path());
  REQUIRE(model);
  CHECK(compare_head(folder.path(), *model).value() == HeadBytes::equal);
  write("model-2.safetensors", "lm_head.weight", "abcdefgX");
  CHECK(compare_head(folder.path(), *model).value() == HeadBytes::different);
}

TEST_CASE("samples tell heads apart, and never say that all bytes are equal") {
  const StoredModel model = llama();
  const auto pieces = head_samples(model);
  REQUIRE(pieces.size() == 6);
  CHECK(pieces[0].end - pieces[0].begin == 64 * 64 * 2);
  CHECK(compare_samples(model, {"a", "a", "b", "b", "c", "c"}) == HeadBytes::alike);
  CHECK(compare_samples(model, {"a", "a", "b", "x", "c", "c"}) == HeadBytes::different);
  CHECK(compare_samples(model, {}) == HeadBytes::not_read);
  CHECK(compare_samples(model, {"a"}) == HeadBytes::not_read);
}

TEST_CASE("tensors that the text model does not use are told by group, the reference's own patterns first") {
  StoredModel model = stored(
      {{"num_hidden_layers", 1}},
      {tensor("visual.patch.weight", "BF16", {2, 2}), tensor("model.layers.1.mlp.up_proj.weight", "BF16", {2, 2}),
       tensor("attention.bias", "BOOL", {4}), tensor("h.0.c_attention.bias", "BF16", {4}),
       tensor("model.rotary_emb.inv_freq", "F32", {4}), tensor("model.norm.weight", "BF16", {2})});
  ReferenceFacts facts;
  facts.ignored = {{R"(attention.bias)", "modeling_x.py:7"}, {"(unclosed", "modeling_x.py:8"}};
  const Inspection found = inspect("m", model, facts);
  REQUIRE(found.ignored.size() == 4);
  CHECK(found.ignored[0].where == "modeling_x.py:7");
  CHECK(found.ignored[0].example == "attention.bias");
  CHECK(found.ignored[1].where == "modeling_utils.py");
  CHECK(says(found.ignored[2].reason, "vision"));
  CHECK(says(found.ignored[3].reason, "further tokens"));
  CHECK(found.memory.parameters == 2 + 4);
}

TEST_CASE("a nested text config is what is told, and its own values come before those around it") {
  const StoredModel model =
      stored({{"model_type", "gemma3"},
              {"hidden_size", 1},
              {"text_config", {{"model_type", "gemma3_text"}, {"hidden_size", 640}, {"num_hidden_layers", 2}}}},
             {});
  const Inspection found = inspect("m", model, {});
  CHECK(found.text_place == "config.text_config");
  CHECK(found.text_type == "gemma3_text");
  REQUIRE(found.sizes.size() == 2);
  CHECK(found.sizes[1].value == 640);
  CHECK(found.sizes[1].where == "config.text_config.hidden_size");
  CHECK(says(inspection_text(found, 100), "what a text port needs"));
}

TEST_CASE("experts: what a token meets is its share of the routed ones and all the rest") {
  const StoredModel model = stored(
      {{"num_hidden_layers", 1}, {"num_experts", 8}, {"num_experts_per_tok", 2}},
      {tensor("model.layers.0.mlp.experts.up_proj", "BF16", {8, 10, 10}), tensor("model.norm.weight", "BF16", {5})});
  CHECK(inspect("m", model, {}).active == 205);
}

TEST_CASE("an empty config is told as what it is") {
  const Inspection found = inspect("m", stored(Json::object(), {}), {});
  const std::string text = inspection_text(found, 80);
  CHECK(says(text, "not told: no weights here"));
  CHECK(to_json(found)["parameters"].is_null());
  CHECK(to_json(found)["dtype"]["name"].is_null());
}

TEST_CASE("lines keep to the width, and nothing in a name reaches the terminal as it is") {
  StoredModel model = llama();
  model.tokenizer_config = {{"tokenizer_class", "\x1b[31mred"}};
  const std::string text = inspection_text(inspect("m", model, {}), 60);
  CHECK(text.find('\x1b') == std::string::npos);
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    CHECK(end - at <= 70);
}

}  // namespace
}  // namespace portwright::inspect
