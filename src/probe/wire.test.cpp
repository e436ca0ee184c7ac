#include "probe/wire.hpp"

#include <doctest/doctest.h>

namespace portwright::probe {
namespace {

TEST_CASE("lines are cut wherever the pipe cuts them") {
  const std::string text = "first\n\nthird, longer\nrest";
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    LineReader reader;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += chunk) {
      reader.append(std::string_view(text).substr(at, chunk));
      while (const auto line = reader.next()) lines.emplace_back(*line);
    }
    CHECK(lines == std::vector<std::string>{"first", "", "third, longer"});
  }
}

TEST_CASE("a line is too long one byte beyond the limit") {
  LineReader reader;
  reader.append("short\n");
  reader.append(std::string(longest_line, 'x'));
  REQUIRE(reader.next());
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.too_long());
  reader.append("x");
  CHECK(reader.too_long());
}

TEST_CASE("every kind of line is taken apart") {
  const auto tensors = parse_message(R"({"id": 7, "tensors": {"file": "a.safetensors", "bytes": 12, "names": ["x"]}})");
  REQUIRE(tensors);
  CHECK(std::get<TensorsLine>(*tensors).file == "a.safetensors");
  CHECK(std::get<TensorsLine>(*tensors).bytes == 12);
  const auto ok = parse_message(R"({"id": 7, "ok": {"a": "nan"}, "seconds": 0.5})");
  REQUIRE(ok);
  CHECK(std::get<OkLine>(*ok).ok["a"] == "nan");
  CHECK(std::get<OkLine>(*ok).seconds == 0.5);
  const auto error = parse_message(R"({"id": 7, "error": {"kind": 3}})");
  REQUIRE(error);
  CHECK(std::get<ErrorLine>(*error).kind == "internal");
  CHECK_FALSE(std::get<ErrorLine>(*error).sentence.empty());
  CHECK(std::holds_alternative<Hello>(*parse_message(R"({"hello": "x"})")));
  CHECK(std::get<ProgressLine>(*parse_message(R"({"id": 1, "progress": {"done": 1, "of": 2}})")).of == 2);
}

TEST_CASE("whatever else stands in a line is named and shown without control bytes") {
  for (const char* line :
       {"", "null", "3", "\"x\"", "[]", "{", "{}", R"({"id": "7", "ok": {}})", R"({"id": 1.5, "ok": {}})",
        R"({"id": 18446744073709551616, "ok": {}})", R"({"id": 7})", R"({"id": 7, "ok": null})",
        R"({"id": 7, "progress": {"done": -1, "of": 2}})", "{\"id\": 7, \"ok\": {\"a\": NaN}}",
        "{\"id\": 7, \"ok\": {\"a\": \"\xff\"}}", "\x1b[31mred"}) {
    CAPTURE(line);
    const auto message = parse_message(line);
    REQUIRE_FALSE(message);
    CHECK(message.error().find('\x1b') == std::string::npos);
    CHECK(message.error().find('\xff') == std::string::npos);
  }
}

TEST_CASE("nesting without end does not exhaust the stack") {
  CHECK_FALSE(parse_message(std::string(50'000, '[')));
  const std::string deep = std::string(50'000, '[') + std::string(50'000, ']');
  CHECK(parse_message(R"({"id": 1, "ok": {"a": )" + deep + "}}").has_value());
}

}  // namespace
}  // namespace portwright::probe
