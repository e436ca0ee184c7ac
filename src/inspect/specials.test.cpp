#include "inspect/specials.hpp"

#include <doctest/doctest.h>

#include "base/testing.hpp"
#include "inspect/template_features.hpp"
#include "inspect/testing_model.hpp"

namespace portwright::inspect {
namespace {

using portwright::testing::says;

Specials told(const StoredModel& model) {
  const ClassDefaults none;
  return specials(ConfigView(model.config, none, none), model);
}

TEST_CASE("several ends come from the generation config, with their texts, and what config says beside them is told") {
  StoredModel model = stored({{"eos_token_id", 128001}, {"bos_token_id", 128000}}, {});
  model.generation_config = {{"eos_token_id", {128001, 128009}}};
  model.tokenizer_config = {
      {"tokenizer_class", "PreTrainedTokenizerFast"},
      {"eos_token", "<|eot_id|>"},
      {"bos_token", {{"content", "<|begin|>"}}},
      {"added_tokens_decoder", {{"128009", {{"content", "<|eot_id|>"}}}, {"128001", {{"content", "<|end|>"}}}}}};
  const Specials found = told(model);
  CHECK(found.tokenizer_class == "PreTrainedTokenizerFast");
  REQUIRE(found.eos.size() == 2);
  CHECK(found.eos[0].id == 128001);
  CHECK(found.eos[0].text == "<|end|>");
  CHECK(found.eos[1].text == "<|eot_id|>");
  CHECK(found.eos[1].where == "generation_config.eos_token_id");
  REQUIRE(found.bos);
  CHECK(found.bos->id == 128000);
  CHECK(found.bos->text == "<|begin|>");
  CHECK_FALSE(found.pad);
  CHECK(found.disagreement == "config says eos 128001, generation_config 128001, 128009");
}

TEST_CASE("an end of the tokenizer's that generation does not know is told; one that it knows is left alone") {
  StoredModel model = stored({{"eos_token_id", 2}}, {});
  model.tokenizer_config = {{"eos_token", "<|im_end|>"},
                            {"added_tokens_decoder", {{"5", {{"content", "<|im_end|>"}}}}}};
  CHECK(says(told(model).disagreement, "<|im_end|> (5) is none of them"));
  model.config["eos_token_id"] = 5;
  CHECK(told(model).disagreement.empty());
}

TEST_CASE("what is no id is passed over") {
  StoredModel model = stored({{"eos_token_id", {"x", -4, 1e300}}, {"bos_token_id", {{"a", 1}}}}, {});
  model.tokenizer_config = {{"added_tokens_decoder", {{"not a number", 3}, {"99999999999999999999", nullptr}}},
                            {"eos_token", 7}};
  CHECK(told(model).eos.empty());
  CHECK_FALSE(told(model).bos);
}

TEST_CASE("a template's features are words of its code, not of what it writes") {
  const auto features =
      template_features("{% if tools %}{{ tools | tojson }}{% endif %}{% if enable_thinking %}<think>{% endif %}", "x");
  CHECK(features.tools);
  CHECK(features.thinking);
  CHECK(features.thinking_by == "enable_thinking");
  const auto plain = template_features("You may use tools. {% for m in messages %}{{ m['content'] }}{% endfor %}", "x");
  CHECK_FALSE(plain.tools);
  CHECK_FALSE(plain.thinking);
  CHECK_FALSE(template_features("{{ my_tools }}", "x").tools);
  CHECK(template_features("{{ '<think>' }}", "x").thinking_by == "<think>");
  CHECK(template_features("{{ strftime_now('%d') }}", "x").date);
  CHECK(template_features("", "x").where.empty());
  CHECK_FALSE(template_features("{% unclosed {{ {", "x").tools);
}

}  // namespace
}  // namespace portwright::inspect
