#include "diagnose/rope_causes.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "diagnose/rope_turning.hpp"

namespace portwright::diagnose {
namespace {

RopeSettings settings_for(const Json& more, int width = 16) {
  Json config{
      {"hidden_size", 64}, {"num_attention_heads", 4}, {"max_position_embeddings", 8192}, {"rope_theta", 700.0}};
  config.update(more);
  return *rope_settings(config, "", width);
}

Json yarn() {
  return {{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 128}}}};
}
Json llama3() {
  return {{"rope_scaling",
           {{"rope_type", "llama3"},
            {"factor", 8.0},
            {"low_freq_factor", 1.5},
            {"high_freq_factor", 5.0},
            {"original_max_position_embeddings", 96}}}};
}
Json longrope() {
  return {{"original_max_position_embeddings", 16},
          {"rope_scaling",
           {{"type", "longrope"},
            {"short_factor", {1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7}},
            {"long_factor", {1, 1.2, 1.4, 1.7, 2, 3, 4, 5}}}}};
}

// The causes that are found for a port that changes the settings so.
std::vector<results::Cause> causes(const RopeSettings& settings, const std::function<void(Turning&)>& change,
                                   const std::vector<double>& thetas = {}) {
  const auto places = usual_places(settings.original_context());
  Turning port{settings};
  change(port);
  const RopeReading reference = read_rope(turned({settings}, places));
  const auto said = settings_of(reference, settings);
  REQUIRE(said);
  return rope_causes(read_rope(turned(port, places)), reference, said, thetas);
}

void check_only(const std::vector<results::Cause>& found, const std::string& name, const std::string& sentence) {
  REQUIRE(found.size() == 1);
  CHECK(found.front().name == name);
  CHECK(found.front().sentence == sentence);
  CHECK(found.front().proved);
}

}  // namespace

TEST_CASE("what is right has no cause, whatever the type") {
  for (const Json& more :
       {Json::object(), yarn(), llama3(), longrope(), Json{{"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}},
        Json{{"partial_rotary_factor", 0.75}}}) {
    CHECK(causes(settings_for(more), [](Turning&) {}).empty());
  }
}

TEST_CASE("another theta is named with the key that says otherwise") {
  check_only(causes(settings_for(Json::object()), [](Turning& port) { port.settings.theta = 10000; }), "rope-theta",
             "rotates with theta 10000 where config rope_theta says 700");
  check_only(causes(settings_for(Json::object()), [](Turning& port) { port.settings.theta = 735; }), "rope-theta",
             "rotates with theta 735 where config rope_theta says 700");
  check_only(causes(settings_for(yarn()), [](Turning& port) { port.settings.theta = 300; }, {300}), "rope-theta",
             "rotates with theta 300 where config rope_theta says 700");
}

TEST_CASE("scaling that is ignored is told from scaling that is read wrongly") {
  const auto ignore = [](Turning& port) {
    port.settings.type = "default";
    port.settings.attention_factor.reset();
  };
  check_only(causes(settings_for(llama3()), ignore), "rope-scaling",
             "ignores rope_scaling (llama3): frequencies below 0.44 are up to 8 times too high");
  check_only(causes(settings_for(yarn()), ignore), "rope-scaling",
             "ignores rope_scaling (yarn): frequencies below 1 are up to 4 times too high, attention factor 1 where it "
             "says 1.1386");
  const auto found =
      causes(settings_for(llama3()), [](Turning& port) { port.settings.scaling["low_freq_factor"] = 1; });
  check_only(found, "rope-scaling", "takes rope_scaling.low_freq_factor as 1 where config says 1.5");
  CHECK(found.front().field == "rope_scaling.low_freq_factor");
}

TEST_CASE("an attention factor alone") {
  check_only(causes(settings_for(yarn()), [](Turning& port) { port.settings.attention_factor = 1; }),
             "rope-attention-factor", "attention factor 1 where yarn says 1.1386");
}

TEST_CASE("one list of longrope for all lengths is wrong in texts of the other length only") {
  const auto found = causes(settings_for(longrope()), [](Turning& port) { port.settings.always_long = true; });
  check_only(found, "rope-scaling", "uses long_factor where the reference uses short_factor");
  CHECK(found.front().when == "in texts of up to original_max_position_embeddings (16) tokens");
  CHECK(causes(settings_for(longrope()), [](Turning& port) { port.settings.always_long = false; }).front().when ==
        "in texts of more than original_max_position_embeddings (16) tokens");
}

TEST_CASE("all dimensions where a share should turn, with their own frequencies or those of the share") {
  const RopeSettings share = settings_for({{"partial_rotary_factor", 0.75}});
  check_only(causes(share, [](Turning& port) { port.settings.rotated = port.settings.exponent = 16; }), "rope-partial",
             "rotates all 16 dimensions where partial_rotary_factor says 12");
  check_only(causes(share, [](Turning& port) { port.settings.exponent = 16; }), "rope-partial",
             "spreads the frequencies over 16 dimensions where partial_rotary_factor says 12");

  // The reference's embedding is given the share alone.
  const RopeSettings alone = settings_for({{"partial_rotary_factor", 0.75}}, 12);
  RopeSettings port = share;
  port.exponent = 16;
  const RopeReading reference = read_rope(turned({alone}, usual_places()));
  check_only(rope_causes(read_rope(turned({port}, usual_places())), reference, settings_of(reference, alone), {}),
             "rope-partial", "spreads the frequencies over 16 dimensions where partial_rotary_factor says 12");
}

TEST_CASE("proportional taken for a share: other frequencies, and pairs within the share") {
  const RopeSettings settings = settings_for(
      {{"rope_scaling", {{"rope_type", "proportional"}, {"rope_theta", 700.0}, {"partial_rotary_factor", 0.5}}}});
  const RopeReading reference = read_rope(turned({settings, false, true}, usual_places()));
  const auto found_for = [&](bool halves_of_head, int exponent) {
    Turning port{settings, false, halves_of_head};
    port.settings.exponent = exponent;
    return rope_causes(read_rope(turned(port, usual_places())), reference, settings_of(reference, settings), {});
  };
  CHECK(found_for(true, 16).empty());
  check_only(found_for(true, 8), "rope-partial",
             "spreads the frequencies over 8 dimensions where rope_scaling (proportional) says 16");
  check_only(found_for(false, 16), "rope-layout",
             "turns pairs of dimensions 4 apart where the reference turns pairs 8 apart");
  const auto both = found_for(false, 8);
  REQUIRE(both.size() == 2);
  CHECK(both[0].name == "rope-layout");
  CHECK(both[1].name == "rope-partial");
}

TEST_CASE("what was read off the reference is not said to stand in config.json") {
  const RopeSettings settings = settings_for(Json::object());
  const RopeReading reference = read_rope(turned({settings}, usual_places()));
  RopeSettings port = settings;
  port.theta = 10000;
  const auto found =
      rope_causes(read_rope(turned({port}, usual_places())), reference, settings_of(reference, std::nullopt), {});
  check_only(found, "rope-theta", "rotates with theta 10000 where the reference has 700");
  CHECK_FALSE(found.front().field);

  port = settings;
  port.attention_factor = 1.5;
  const auto factor =
      rope_causes(read_rope(turned({port}, usual_places())), reference, settings_of(reference, std::nullopt), {});
  check_only(factor, "rope-attention-factor", "attention factor 1.5 where the reference has 1");
  CHECK_FALSE(factor.front().field);
}

TEST_CASE("layout, offset, direction and nothing at all") {
  const RopeSettings plain = settings_for(Json::object());
  check_only(causes(plain, [](Turning& port) { port.interleaved = true; }), "rope-layout",
             "turns interleaved pairs where the reference turns half-split ones");
  check_only(causes(plain, [](Turning& port) { port.settings.offset = 1; }), "rope-offset",
             "counts positions from 1 where the reference counts from 0");
  CHECK(causes(plain, [](Turning& port) { port.settings.direction = -1; }).front().name == "rope-layout");
  check_only(causes(plain, [](Turning& port) { port.settings.type = "none"; }), "rope-missing",
             "turns nothing where the reference turns 16 dimensions");
}

TEST_CASE("two mistakes at once are both told") {
  const auto found = causes(settings_for(llama3()), [](Turning& port) {
    port.settings.type = "default";
    port.settings.theta = 10000;
  });
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "rope-scaling");
  CHECK(found[1].name == "rope-theta");
  CHECK(found[0].proved);
}

TEST_CASE("a difference that nothing explains is likely at best, and says what was measured") {
  const auto found = causes(settings_for(Json::object()), [](Turning& port) {
    port.settings.type = "longrope";
    port.settings.attention_factor = 1;
    port.settings.always_long = true;
    port.settings.scaling = {{"long_factor", {1, 1, 1, 1.5, 1, 1, 1, 1}}};
  });
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found.front().proved);
  CHECK(found.front().sentence.starts_with("turns pair 3 by "));
}

TEST_CASE("only rows after the first") {
  const RopeSettings plain = settings_for(Json::object());
  const auto places = usual_places();
  RopeResponse port = turned({plain}, places);
  RopeSettings moved = plain;
  moved.offset = 4;
  const RopeResponse other = turned({moved}, places);
  for (std::size_t place = 0; place < places.size(); ++place) {
    if (places[place].row == 0) continue;
    std::copy_n(other.matrices.begin() + static_cast<std::ptrdiff_t>(place * 256), 256,
                port.matrices.begin() + static_cast<std::ptrdiff_t>(place * 256));
  }
  const RopeReading reference = read_rope(turned({plain}, places));
  const auto found = rope_causes(read_rope(port), reference, plain, {});
  REQUIRE(found.size() == 1);
  CHECK(found.front().when == "in rows after the first");
}

TEST_CASE("without a config the reference's own theta is what a port is measured by") {
  const RopeReading reference = read_rope(turned({settings_for(Json::object())}, usual_places()));
  const auto said = settings_of(reference, std::nullopt);
  REQUIRE(said);
  CHECK(said->theta == doctest::Approx(700));
}

TEST_CASE("a correct float32 embedding is within the limit, theta a tenth of a thousandth off is not") {
  for (const double theta : {300.0, 1e4, 1e6, 5e8}) {
    RopeSettings settings = settings_for(Json::object(), 128);
    settings.theta = theta;
    const RopeReading right = read_rope(turned({settings}, usual_places()));
    CHECK(rope_distance(right, settings).angle_units < rope_units_seen);
    settings.theta *= 1.0001;
    CHECK(rope_distance(right, settings).angle_units > 4 * rope_units);
  }
}

}  // namespace portwright::diagnose
