#include "cli/print.hpp"

#include <doctest/doctest.h>

namespace portwright::cli {
namespace {

TEST_CASE("a hanging text keeps its prefix and wraps under its first word") {
  CHECK(hanging("  id  ", "one two three", 40) == "  id  one two three\n");
  CHECK(hanging("  id  ", "one two three", 14) == "  id  one two\n      three\n");
}

TEST_CASE("an error's document names its fault and all its parts") {
  const Json document = error_document({Fault::input, "no", "do", "lines"});
  CHECK(document["error"]["fault"] == "input");
  CHECK(document["error"]["sentence"] == "no");
  CHECK(document["error"]["remedy"] == "do");
  CHECK(document["error"]["detail"] == "lines");
}

}  // namespace
}  // namespace portwright::cli
