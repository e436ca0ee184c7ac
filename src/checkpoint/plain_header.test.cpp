#include "checkpoint/plain_header.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace portwright::checkpoint;

namespace {

constexpr const char* a_entry = R"("a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [4, 12]})";
constexpr const char* b_entry = R"("b": {"data_offsets": [0, 4], "shape": [], "dtype": "F32"})";

std::string object_of(const std::string& entries) { return "{" + entries + "}"; }

// What the slower reader makes of the same text, of a file with as many bytes of data.
std::vector<TensorInfo> told(const std::string& text) {
  auto tensors = parse_safetensors_header(text, "f.safetensors", 12);
  REQUIRE(tensors);
  return std::move(*tensors);
}

}  // namespace

TEST_CASE("a plain header gives its tensors by name") {
  const auto tensors =
      plain_header(object_of(std::string(b_entry) + R"(, "__metadata__": {"format": "pt"}, )" + a_entry) + "  ");
  REQUIRE(tensors);
  REQUIRE(tensors->size() == 2);
  CHECK(tensors->front().name == "a");
  CHECK(tensors->front().dtype == "F32");
  CHECK(tensors->front().shape == std::vector<std::uint64_t>{2, 1});
  CHECK(tensors->front().begin == 4);
  CHECK(tensors->front().end == 12);
  CHECK(tensors->back().shape.empty());
}

TEST_CASE("what is not plainly a header is left to the slower reader") {
  const std::string a = a_entry;
  const std::string b = b_entry;
  for (const std::string& text : {
           a + ", " + b + R"(, "a": {"dtype": "I32", "shape": [2], "data_offsets": [4, 12]})",  // a name twice
           a + R"(, "b": {"dtype": "F32", "shape": [], "data_offsets": [0, 4], "note": "x"})",
           a + R"(, "b": {"dtype": "I32", "dtype": "F32", "shape": [], "data_offsets": [0, 4]})",
           a + ", " + b + R"(, "__metadata__": {"nested": {"x": 1}})",
       }) {
    CAPTURE(text);
    CHECK_FALSE(plain_header(object_of(text)));
    CHECK(told(object_of(text)).size() == 2);
  }
  CHECK(told(object_of(a + ", " + b + R"(, "a": {"dtype": "I32", "shape": [2], "data_offsets": [4, 12]})"))
            .front()
            .dtype == "I32");
  for (const char* text : {"", "[]", "1", "{\"a\": 1}", R"({"a": {"dtype": "F32", "shape": [2]}})",
                           R"({"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}})",
                           R"({"a": {"dtype": "F32", "shape": [[2]], "data_offsets": [0, 8]}})",
                           R"({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 9]}})", "{\"a\""}) {
    CAPTURE(text);
    CHECK_FALSE(plain_header(text));
  }
}
