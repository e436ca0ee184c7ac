#include "base/build_json.hpp"

#include <doctest/doctest.h>

#include <string>

namespace portwright {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("a value is the one that the library's own parser gives") {
  for (const char* text : {R"({"b": 1, "a": [true, null, -2, 1.5, "x"], "c": {}})", "[]", "7", R"("text")", "[[[]]]",
                           R"({"a": {"b": {"c": []}}})", R"({"a": 1, "b": 2, "a": 3})",
                           R"({"k": {"x": 1, "y": 2, "x": {"z": 0}}, "k": 5, "l": 6})"}) {
    CAPTURE(text);
    CHECK(build_json(text).value().dump() == Json::parse(text).dump());
  }
}

TEST_CASE("the last of many equal keys wins") {
  std::string text = R"({"first": 0)";
  for (int i = 0; i < 100; ++i) text += ", \"same\": " + std::to_string(i) + ", \"k" + std::to_string(i) + "\": 0";
  const auto built = build_json(text + "}");
  REQUIRE(built);
  CHECK(built->size() == 102);
  CHECK(built->at("same") == 99);
}

TEST_CASE("what is deeper than the bound is refused, and what is not is read") {
  CHECK(build_json(nested(deepest_json)));
  CHECK(build_json(nested(deepest_json + 1)).error().what.empty());
  CHECK(build_json(nested(1'000'000)).error().what.empty());
  CHECK(build_json(std::string(100'000, '[')).error().what.empty());
  CHECK_FALSE(build_json("[1, 2").error().what.empty());
  CHECK(build_json("{\"a\": }").error().byte == 7);
}

TEST_CASE("an object of many members takes no square of the time") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\": \"model.safetensors\"";
  CHECK(build_json(text + "}").value().size() == 200'000);
}

}  // namespace
}  // namespace portwright
