#include "cli/test_options.hpp"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <string>

#include "cli/options.hpp"

namespace portwright::cli {
namespace {

using Words = std::vector<std::string>;

Result<harness::TestSettings> settings_from(const Words& words) {
  CLI::App app;
  app.name("portwright test");
  const auto options = declare_test_options(app);
  if (auto parsed = parse_words(app, words); !parsed) return tl::unexpected<Error>(parsed.error());
  return settings_of(*options, words);
}

std::string refusal(const Words& words) {
  const auto settings = settings_from(words);
  REQUIRE_FALSE(settings.has_value());
  CHECK(settings.error().fault == Fault::input);
  return settings.error().sentence + "; " + settings.error().remedy;
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a model alone gives the defaults") {
  const auto settings = settings_from({"builtin:smollm2"});
  REQUIRE(settings.has_value());
  CHECK(settings->model == "builtin:smollm2");
  CHECK(settings->effort == battery::Effort::standard);
  CHECK(settings->use_cache);
  CHECK(settings->memory_bytes == 0);
  CHECK(settings->sandbox == harness::SandboxMode::automatic);
  CHECK_FALSE(settings->prompt.has_value());
}

TEST_CASE("lists take commas and repetition, and never the model that follows") {
  const auto settings = settings_from({"--checks", "parity.*,load.*", "--checks", "dtype.*", "folder"});
  REQUIRE(settings.has_value());
  CHECK(settings->checks == Words{"parity.*", "load.*", "dtype.*"});
  CHECK(settings->model == "folder");
}

TEST_CASE("--python names both sides and excludes naming one") {
  const auto settings = settings_from({"m", "--python", "py"});
  REQUIRE(settings.has_value());
  CHECK(settings->reference_python == "py");
  CHECK(settings->port_python == "py");
  CHECK(mentions(refusal({"m", "--python", "py", "--port-python", "other"}), "--port-python"));
}

TEST_CASE("numbers are converted and bounded") {
  const auto settings = settings_from({"m", "--memory", "1.5", "--timeout", "60", "--seed", "7"});
  REQUIRE(settings.has_value());
  CHECK(settings->memory_bytes == 1'500'000'000);
  CHECK(settings->timeout == std::chrono::seconds{60});
  CHECK(settings->seed == 7);
  CHECK(mentions(refusal({"m", "--seed", "-1"}), "--seed"));
  CHECK(mentions(refusal({"m", "--seed", "x"}), "--seed"));
  CHECK(mentions(refusal({"m", "--memory", "0"}), "--memory"));
  CHECK(mentions(refusal({"m", "--timeout", "0"}), "--timeout"));
}

TEST_CASE("a mistyped option or value is refused with the nearest one") {
  CHECK(mentions(refusal({"--effrt", "quick", "m"}), "did you mean '--effort'?"));
  CHECK(mentions(refusal({"m", "--effort=quik"}), "did you mean 'quick'?"));
  CHECK(mentions(refusal({"m", "-x"}), "has no option '-x'"));
}

TEST_CASE("what cannot go together is refused") {
  CHECK(mentions(refusal({"m", "--prompt", "a", "--prompt-file", "b"}), "--prompt"));
  CHECK(mentions(refusal({"m", "--resume"}), "--out"));
  CHECK(mentions(refusal({"m", "--trust-remote-code", "--sandbox", "off"}), "sandbox"));
  CHECK(mentions(refusal({"m", "n"}), "test has no use for 'n'"));
  CHECK(mentions(refusal({}), "MODEL is required"));
}

TEST_CASE("a file that is not there is an input error") {
  CHECK(mentions(refusal({"m", "--port", "/nowhere/port.py"}), "/nowhere/port.py is not a file"));
}

}  // namespace
}  // namespace portwright::cli
