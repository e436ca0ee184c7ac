#include "source/flat_tree.hpp"

#include <doctest/doctest.h>

#include <string>

using portwright::source::FlatTree;
using portwright::source::Item;
using portwright::source::SyntaxTree;

TEST_CASE("a flat tree knows fields, what is around and what is below") {
  const auto tree = SyntaxTree::parse("class A:\n    # said\n    def f(self):\n        return self.x + 1\n");
  REQUIRE(tree);
  const FlatTree flat(*tree);
  CHECK_FALSE(flat.too_deep());
  const auto sums = flat.all("binary_operator");
  REQUIRE(sums.size() == 1);
  CHECK(sums.front().word("operator") == "+");
  CHECK(sums.front().child("left").text() == "self.x");
  CHECK(sums.front().around("class_definition").child("name").text() == "A");
  CHECK(sums.front().place().line == 4);
  CHECK(sums.front().place().column == 16);
  const Item type = flat.root().first();
  CHECK(type.all("identifier").size() == 5);
  CHECK(type.contains(sums.front()));
  CHECK_FALSE(sums.front().contains(type));
  CHECK(flat.all("comment").size() == 1);
  CHECK(type.child("body").children().size() == 1);
}

TEST_CASE("a null item answers like one without text and children") {
  const Item none;
  CHECK_FALSE(none);
  CHECK(none.text().empty());
  CHECK(none.children().empty());
  CHECK_FALSE(none.child("name"));
  CHECK_FALSE(none.parent());
  CHECK(none.all("call").empty());
}

TEST_CASE("a tree of 20,000 levels is walked without a stack, and flat only as deep as Python goes") {
  const std::string deep = std::string(20'000, '(') + "x" + std::string(20'000, ')');
  const auto tree = SyntaxTree::parse("y = " + deep + "\n");
  REQUIRE(tree);
  CHECK(tree->root().all("parenthesized_expression").size() == 20'000);
  CHECK_FALSE(tree->mistake());
  const FlatTree flat(*tree);
  CHECK(flat.too_deep());
  CHECK(flat.all("parenthesized_expression").size() < 1001);
  const auto open = SyntaxTree::parse(std::string(20'000, '('));
  REQUIRE(open);
  CHECK(open->mistake());
}
