#include "report/markdown.hpp"

#include <doctest/doctest.h>

namespace portwright::report {

TEST_CASE("nothing in a text is markup") {
  CHECK(md_text("plain text, 3.1e-2") == "plain text, 3.1e-2");
  CHECK(md_text("a|b*c[d]`e`") == "a\\|b\\*c\\[d\\]\\`e\\`");
  CHECK(md_text("<script> & more") == "&lt;script&gt; &amp; more");
  CHECK(md_text("two\nlines") == "two lines");
  CHECK(md_text("self_attn _em_") == "self_attn \\_em\\_");
  CHECK(md_text("- a list") == "\\- a list");
  CHECK(md_text("\x1b[0m") == " \\[0m");
}

TEST_CASE("a text pings nobody and links nowhere") {
  CHECK(md_text("@somebody") == "@<!-- -->somebody");
  CHECK(md_text("fixes a #12") == "fixes a #<!-- -->12");
  CHECK(md_text("https://example.org") == "https:<!-- -->//example.org");
  CHECK(md_text("a @ b # c: d") == "a @ b # c: d");
}

TEST_CASE("a code span outlasts the backticks in it") {
  CHECK(md_code("rope") == "`rope`");
  CHECK(md_code("a`b") == "``a`b``");
  CHECK(md_code("`b`") == "`` `b` ``");
  CHECK(md_code("a\nb") == "`a b`");
  CHECK(md_code("").empty());
  CHECK(md_code(" ").empty());
}

TEST_CASE("a block outlasts the fences in it") {
  CHECK(md_block("a\nb\n\n", "sh") == "```sh\na\nb\n```\n");
  CHECK(md_block("```\n````") == "`````\n```\n````\n`````\n");
}

TEST_CASE("a bar never ends a cell") {
  MarkdownTable table({"a", "b"});
  CHECK(table.empty());
  table.row({md_code("x|y"), md_text("x|y")});
  table.row({"", "z"});
  CHECK_FALSE(table.empty());
  CHECK(table.text() == "| a | b |\n| --- | --- |\n| `x\\|y` | x\\|y |\n| | z |\n");
}

TEST_CASE("nothing is folded away where there is nothing") {
  CHECK(md_folded("title", "").empty());
  CHECK(md_folded("a <b>", "body\n") == "<details>\n<summary>a &lt;b&gt;</summary>\n\nbody\n\n</details>\n");
}

}  // namespace portwright::report
