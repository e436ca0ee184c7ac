#include "diagnose/rope_settings.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace portwright::diagnose {
namespace {

Json config_with(const Json& more) {
  Json config{
      {"hidden_size", 64}, {"num_attention_heads", 4}, {"max_position_embeddings", 8192}, {"rope_theta", 10000.0}};
  config.update(more);
  return config;
}

RopeExpected expected(const Json& config, std::int64_t context = 1, const std::string& layer_type = "",
                      int width = 16) {
  const auto settings = rope_settings(config, layer_type, width);
  REQUIRE(settings);
  return expected_rope(*settings, context);
}

double last_of(const RopeExpected& rope) { return rope.frequencies.back(); }

const double plain_last = std::pow(10000.0, -14.0 / 16);  // of eight pairs

// The numbers below were computed with transformers 5.23's ROPE_INIT_FUNCTIONS for the same settings.
constexpr double close = 1e-6;

}  // namespace

TEST_CASE("a plain embedding has one frequency for each pair, falling from one") {
  const RopeExpected rope = expected(config_with(Json::object()));
  REQUIRE(rope.frequencies.size() == 8);
  CHECK(rope.frequencies.front() == 1);
  CHECK(last_of(rope) == doctest::Approx(plain_last));
  CHECK(rope.attention_factor == 1);
}

TEST_CASE("a share of the head turns, and its own width spreads the frequencies") {
  CHECK(expected(config_with({{"partial_rotary_factor", 0.75}})).frequencies.size() == 6);
  CHECK(expected(config_with({{"rotary_pct", 0.5}})).frequencies.size() == 4);
  CHECK(last_of(expected(config_with({{"partial_rotary_factor", 0.75}}))) ==
        doctest::Approx(std::pow(10000.0, -10.0 / 12)));
  CHECK(expected(config_with({{"partial_rotary_factor", 0.75}}), 1, "", 12).frequencies.size() == 6);
}

TEST_CASE("a share is one of the head that turns, where heads of some layers are wider than head_dim") {
  const Json share{{"head_dim", 16}, {"partial_rotary_factor", 0.5}};
  CHECK(expected(config_with(share), 1, "", 16).frequencies.size() == 4);
  CHECK(expected(config_with(share), 1, "", 32).frequencies.size() == 8);
  CHECK(expected(config_with(share), 1, "", 8).frequencies.size() == 4);  // the share alone
}

TEST_CASE("proportional: a share turns, the whole head spreads the frequencies") {
  const Json block{{"rope_type", "proportional"}, {"rope_theta", 10000.0}, {"partial_rotary_factor", 0.5}};
  const RopeExpected rope = expected(config_with({{"rope_parameters", block}}));
  REQUIRE(rope.frequencies.size() == 4);
  CHECK(last_of(rope) == doctest::Approx(std::pow(10000.0, -6.0 / 16)));
}

TEST_CASE("linear divides every frequency") {
  const RopeExpected rope = expected(config_with({{"rope_scaling", {{"type", "linear"}, {"factor", 4.0}}}}));
  CHECK(rope.frequencies.front() == 0.25);
  CHECK(last_of(rope) == doctest::Approx(plain_last / 4));
}

TEST_CASE("dynamic stretches theta with texts longer than the context") {
  const Json config = config_with({{"rope_scaling", {{"rope_type", "dynamic"}, {"factor", 2.0}}}});
  CHECK(last_of(expected(config, 8192)) == doctest::Approx(plain_last));
  const double theta = 10000 * std::pow(2.0 * 16384 / 8192 - 1, 16.0 / 14);
  CHECK(last_of(expected(config, 16384)) == doctest::Approx(std::pow(theta, -14.0 / 16)));
}

TEST_CASE("llama3 leaves high frequencies, divides low ones and blends between") {
  const Json block{{"rope_type", "llama3"},
                   {"factor", 8.0},
                   {"low_freq_factor", 1.5},
                   {"high_freq_factor", 5.0},
                   {"original_max_position_embeddings", 96}};
  const RopeExpected rope = expected(config_with({{"rope_scaling", block}}));
  CHECK(rope.frequencies.front() == 1);
  CHECK(last_of(rope) == doctest::Approx(plain_last / 8));
  // Pair 1 turns 4.83 times in 96 tokens, between 1.5 and 5.
  const double frequency = std::pow(10000.0, -2.0 / 16);
  const double kept = (96 * frequency / (2 * M_PI) - 1.5) / 3.5;
  CHECK(rope.frequencies[1] == doctest::Approx(frequency * (kept + (1 - kept) / 8)).epsilon(close));
}

TEST_CASE("yarn: its attention factor follows the factor, mscale, or what is written") {
  Json block{{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 128}};
  const RopeExpected rope = expected(config_with({{"rope_scaling", block}}));
  CHECK(rope.attention_factor == doctest::Approx(1.1386294).epsilon(close));
  CHECK(rope.frequencies.front() == 1);
  CHECK(last_of(rope) == doctest::Approx(plain_last / 4));
  block["mscale"] = block["mscale_all_dim"] = 0.7;
  CHECK(expected(config_with({{"rope_scaling", block}})).attention_factor == 1);
  block["attention_factor"] = 1.25;
  CHECK(expected(config_with({{"rope_scaling", block}})).attention_factor == 1.25);
}

TEST_CASE("longrope takes the short list up to the original context and the long one behind it") {
  const Json block{
      {"type", "longrope"}, {"short_factor", {1, 1, 1, 1, 1, 1, 1, 2}}, {"long_factor", {1, 1, 1, 1, 1, 1, 1, 4}}};
  const Json config = config_with({{"rope_scaling", block}, {"original_max_position_embeddings", 16}});
  CHECK(last_of(expected(config, 16)) == doctest::Approx(plain_last / 2));
  CHECK(last_of(expected(config, 17)) == doctest::Approx(plain_last / 4));
  CHECK(expected(config, 16).attention_factor == doctest::Approx(std::sqrt(1 + std::log(512.0) / std::log(16.0))));
}

TEST_CASE("mrope on text is a plain embedding") {
  const Json block{{"type", "mrope"}, {"mrope_section", {2, 3, 3}}};
  CHECK(last_of(expected(config_with({{"rope_scaling", block}}))) == doctest::Approx(plain_last));
}

TEST_CASE("layers of a kind have their own theta, at the top level or in a block of theirs") {
  const Json old_style =
      config_with({{"rope_local_base_freq", 300.0}, {"rope_scaling", {{"rope_type", "linear"}, {"factor", 4.0}}}});
  const auto local = rope_settings(old_style, "sliding_attention", 16);
  REQUIRE(local);
  CHECK(local->theta == 300);
  CHECK(local->theta_field == "rope_local_base_freq");
  CHECK(local->type == "default");
  CHECK(rope_settings(old_style, "full_attention", 16)->type == "linear");

  const Json nested =
      config_with({{"rope_parameters",
                    {{"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 7.0}}},
                     {"full_attention", {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 9.0}}}}}});
  CHECK(rope_settings(nested, "sliding_attention", 16)->theta == 7);
  CHECK(rope_settings(nested, "full_attention", 16)->theta_field == "rope_parameters.full_attention.rope_theta");
}

TEST_CASE("the settings of a text model inside another are found") {
  const Json config{{"text_config", config_with({{"rope_theta", 77.0}})}};
  CHECK(rope_settings(config, "", 16)->theta == 77);
}

TEST_CASE("a config that leaves theta, a type or a needed number open says nothing") {
  CHECK_FALSE(rope_settings(Json{{"hidden_size", 64}}, "", 16));
  CHECK_FALSE(rope_settings(config_with({{"rope_scaling", {{"type", "of tomorrow"}}}}), "", 16));
  CHECK_FALSE(rope_settings(config_with({{"rope_scaling", {{"type", "linear"}}}}), "", 16));
  CHECK_FALSE(rope_settings(config_with({{"rope_scaling", {{"type", "longrope"}}}}), "", 16));
}

}  // namespace portwright::diagnose
