#include <doctest/doctest.h>

#include <string>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"

using portwright::Json;
using portwright::parse_json;
using portwright::TemporaryFolder;

TEST_CASE("JSON keeps its order, takes the last of equal keys and skips a byte order mark") {
  CHECK(parse_json(R"({"b": 1, "a": [true, null, "x"]})", "f").value().dump() == R"({"b":1,"a":[true,null,"x"]})");
  CHECK(parse_json(R"({"a": 1, "b": 2, "a": 3})", "f").value().dump() == R"({"a":3,"b":2})");
  CHECK(parse_json("\xEF\xBB\xBF{\"a\": 1}", "f").value().dump() == R"({"a":1})");
}

TEST_CASE("a mistake is shown with its file, line, column and a caret") {
  const auto broken = parse_json("{\n  \"hidden_size\": 576,\n  \"rope_theta\": 1e5x,\n}", "config.json");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().fault == portwright::Fault::input);
  CHECK(broken.error().sentence.starts_with("config.json:3:20: not valid JSON: "));
  CHECK(broken.error().detail == "  \"rope_theta\": 1e5x,\n                   ^");
  CHECK_FALSE(broken.error().remedy.empty());
  CHECK(broken.error().sentence.find("json.exception") == std::string::npos);
}

TEST_CASE("the caret points at the start of a string that should not be there") {
  const auto broken = parse_json("{\n  \"a\": 1\n  \"b\\\"c\": 2\n}", "f");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().sentence.starts_with("f:3:3: "));
  CHECK(broken.error().detail == "  \"b\\\"c\": 2\n  ^");
}

TEST_CASE("columns and the caret count characters, not bytes") {
  const auto broken = parse_json("{\"größe\": tru}", "f");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().sentence.starts_with("f:1:14: "));
  CHECK(broken.error().detail == "{\"größe\": tru}\n             ^");
}

TEST_CASE("a text that ends too early, an empty one and text after the end") {
  const auto ended = parse_json("{\"a\": [1, 2", "f");
  REQUIRE_FALSE(ended);
  CHECK(ended.error().sentence.starts_with("f:1:12: not valid JSON: "));
  CHECK(ended.error().detail == "{\"a\": [1, 2\n           ^");
  CHECK(parse_json("", "f").error().sentence == "f is empty where JSON was expected");
  CHECK(parse_json(" \r\n\t", "f").error().sentence == "f is empty where JSON was expected");
  CHECK(parse_json("{} {}", "f").error().sentence.starts_with("f:1:4: "));
  CHECK_FALSE(parse_json("{'a': 1}", "f"));
  CHECK_FALSE(parse_json("{\"a\": 1,}", "f"));
  CHECK_FALSE(parse_json("{\"a\": \"\xFF\"}", "f"));
  CHECK_FALSE(parse_json("{\"a\": 1e999}", "f"));
}

TEST_CASE("a long line is cut around the caret") {
  const std::string line = "{\"a\": \"" + std::string(500, 'x') + "\" ! \"" + std::string(500, 'y') + "\"}";
  const auto broken = parse_json(line, "f");
  REQUIRE_FALSE(broken);
  const std::string detail = broken.error().detail;
  const std::size_t end = detail.find('\n');
  REQUIRE(end != std::string::npos);
  const std::string shown = detail.substr(0, end);
  const std::string carets = detail.substr(end + 1);
  CHECK(shown.size() < 90);
  CHECK(shown.starts_with("…"));
  CHECK(shown.ends_with("…"));
  // "…" is three bytes and one character.
  CHECK(shown.substr(carets.size() + 1, 1) == "!");
}

TEST_CASE("Python's words for numbers that are not finite become strings, outside of strings only") {
  const auto read =
      parse_json(R"({"time_step_limit": [0.0, Infinity], "a": -Infinity, "b": NaN, "c": "NaN \" Infinity"})", "f");
  REQUIRE(read);
  CHECK(read->dump() == R"({"time_step_limit":[0.0,"inf"],"a":"-inf","b":"nan","c":"NaN \" Infinity"})");
}

TEST_CASE("a mistake after such words is shown where it is") {
  for (const std::string words : {"NaN, NaN, NaN", "-Infinity, NaN", "Infinity, 1"}) {
    CAPTURE(words);
    const std::string text = "[" + words + ", !]";
    const auto broken = parse_json(text, "f");
    REQUIRE_FALSE(broken);
    CHECK(broken.error().sentence.starts_with("f:1:" + std::to_string(text.find('!') + 1) + ": "));
  }
}

TEST_CASE("a file's mistake names the file") {
  const TemporaryFolder folder;
  const auto file = folder.write("config.json", "{]");
  CHECK(portwright::read_json(file).error().sentence.starts_with(file.string() + ":1:2: "));
  CHECK(portwright::read_json(folder.write("good.json", "[1]")).value() == Json::array({1}));
  CHECK_FALSE(portwright::read_json(folder.path() / "missing.json"));
}
