#include "source/literal.hpp"

#include <doctest/doctest.h>

using portwright::Json;
using portwright::source::literal;
using portwright::source::Node;
using portwright::source::on_one_line;
using portwright::source::SyntaxTree;

namespace {

// The constant right of `x = `; "nothing" where it is none.
std::string constant(const std::string& text) {
  const auto tree = SyntaxTree::parse("x = " + text + "\n");
  REQUIRE(tree);
  const auto value = literal(tree->root().all("assignment").front().field("right"));
  return value ? value->dump() : "nothing";
}

}  // namespace

TEST_CASE("constants of Python become JSON") {
  CHECK(constant("None") == "null");
  CHECK(constant("True") == "true");
  CHECK(constant("131_072") == "131072");
  CHECK(constant("1e-6") == "1e-06");
  CHECK(constant("10_000.0") == "10000.0");
  CHECK(constant("-1") == "-1");
  CHECK(constant("0x1F") == "31");
  CHECK(constant("'silu'") == "\"silu\"");
  CHECK(constant("\"a\" 'b'") == "\"ab\"");
  CHECK(constant("(1, 2)") == "[1,2]");
  CHECK(constant("{'a': [None], \"b\": 2.5}") == R"({"a":[null],"b":2.5})");
  CHECK(constant("8 * 1024") == "8192");
  CHECK(constant("2 ** 3") == "8");
  CHECK(constant("256**-0.5") == "0.0625");
  CHECK(constant("-7 // 2") == "-4");
  CHECK(constant("7 / 2") == "3.5");
}

TEST_CASE("what is no constant is none") {
  for (const char* text : {"f(1)", "name", "[name]", "{1: 2}", "{**a}", "f'{a}'", "1 // 0", "1 / 0", "not 1",
                           "9223372036854775807 + 1", "10 ** 400", "'a' * 3"}) {
    CAPTURE(text);
    CHECK(constant(text) == "nothing");
  }
  const std::string deep = std::string(2000, '[') + std::string(2000, ']');
  CHECK(constant(deep) == "nothing");
}

TEST_CASE("a piece of source fits a line") {
  CHECK(on_one_line("a\n    + b ") == "a + b");
  CHECK(on_one_line("abcdef", 3) == "abc…");
  CHECK(on_one_line("ääää", 4) == "ääää");
  CHECK(on_one_line("ääää", 3) == "äää…");
}
