#include "source/longest_statement.hpp"

#include <doctest/doctest.h>

#include <string>

#include "source/syntax.hpp"

using portwright::source::longest_statement;
using portwright::source::SyntaxTree;

namespace {

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("a statement ends at a line break outside brackets and strings") {
  CHECK(longest_statement("") == 0);
  CHECK(longest_statement("a = 1\nb = 2\n") == 3);
  CHECK(longest_statement("f(\n1,\n2\n)\n") == 6);
  CHECK(longest_statement("a = \"\"\"b\nc\n\"\"\"\nd\n") == 10);
  CHECK(longest_statement("a = '('\nb\n") == 5);
  CHECK(longest_statement("a # (\nb\n") == 3);
  CHECK(longest_statement("a \\\nb\n") == 3);
}

TEST_CASE("what is never closed goes on to the end") {
  CHECK(longest_statement("f(\n1\n2\n") == 4);
  CHECK(longest_statement("a = 'b\nc\nd\n") == 6);
}

TEST_CASE("text that tree-sitter 0.20 breaks its memory on is refused") {
  for (const auto& text : {times(100'000, "("), times(100'000, "lambda:"), times(60'000, "def f(\n"),
                           times(70'000, "f\"{"), times(70'000, "'(\n"), "\"\"\"" + times(70'000, "(\n")}) {
    const auto tree = SyntaxTree::parse(text);
    REQUIRE_FALSE(tree);
    CHECK(tree.error().fault == portwright::Fault::input);
  }
}
