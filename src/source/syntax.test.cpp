#include "source/syntax.hpp"

#include <doctest/doctest.h>

using portwright::source::Node;
using portwright::source::SyntaxTree;

TEST_CASE("a right file has no mistake and keeps its text") {
  const auto tree = SyntaxTree::parse("class A:\n    # said\n    x = 1\n");
  REQUIRE(tree);
  CHECK_FALSE(tree->mistake());
  const Node type = tree->root().children().front();
  CHECK(type.is("class_definition"));
  CHECK(type.field("name").text() == "A");
  const auto assignments = type.all("assignment");
  REQUIRE(assignments.size() == 1);
  CHECK(assignments.front().text() == "x = 1");
  CHECK(assignments.front().place().line == 3);
  CHECK(assignments.front().place().column == 5);
}

TEST_CASE("a mistake has a place") {
  const auto tree = SyntaxTree::parse("x = 1\ndef f(:\n    return x\n");
  REQUIRE(tree);
  REQUIRE(tree->mistake());
  CHECK(tree->mistake()->line == 2);
}

TEST_CASE("a bracket that never closes, no text and bytes that are no text have trees") {
  for (const char* text : {"", "f(", "\xff\xfe\x01", "if", "    x"}) CHECK(SyntaxTree::parse(text));
  const auto open = SyntaxTree::parse("f(1,\n");
  REQUIRE(open);
  CHECK(open->mistake());
}

TEST_CASE("a null node answers like one without text and children") {
  const Node none;
  CHECK_FALSE(none);
  CHECK(none.text().empty());
  CHECK(none.children().empty());
  CHECK_FALSE(none.field("name"));
  CHECK_FALSE(none.parent());
}

TEST_CASE("a file that is nested as deep as a statement may be long has nodes, a mistake and an end") {
  constexpr std::size_t depth = 25'000;
  const auto closed = SyntaxTree::parse("x = " + std::string(depth, '(') + "1" + std::string(depth, ')') + "\n");
  REQUIRE(closed);
  CHECK(closed->root().all("integer").size() == 1);
  const auto open = SyntaxTree::parse("x = " + std::string(depth, '['));
  REQUIRE(open);
  CHECK(open->mistake());
}

TEST_CASE("all nodes below a node stop at its end") {
  const auto tree = SyntaxTree::parse("f(a)\ng(b)\n");
  REQUIRE(tree);
  const auto statements = tree->root().children();
  REQUIRE(statements.size() == 2);
  CHECK(statements.front().all("identifier").size() == 2);
  CHECK(statements.back().all("identifier").back().text() == "b");
  CHECK(statements.front().id() != statements.back().id());
}
