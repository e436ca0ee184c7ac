// Every rule is held to its example: the fault is found where § stands, and the nearest source without it is left
// alone.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "lint/checked_file.hpp"
#include "lint/example.hpp"
#include "lint/port.hpp"
#include "lint/rule.hpp"

namespace portwright::lint {
namespace {

// Where § stands, in characters: examples are ASCII but for it.
source::Place place_of_mark(std::string_view wrong) {
  const std::string_view before = wrong.substr(0, wrong.find("§"));
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {static_cast<int>(std::ranges::count(before, '\n')) + 1, static_cast<int>(before.size() - line_start) + 1};
}

// An example with what makes it a port, where it lacks that: a class at its end, where it moves nothing.
std::string completed(std::string text, std::string_view rule) {
  if (rule == "syntax" || text.find("class Model(") != std::string::npos ||
      text.find("class ModelArgs(") != std::string::npos)
    return text;
  return text + "\n\nclass ModelArgs(BaseModelArgs):\n    pass\n";
}

std::vector<Finding> found(std::string_view rule, const std::string& text) {
  Library library;
  const std::filesystem::path file = "no-folder-of-this-name/llama.py";
  REQUIRE(library.add(file, completed(text, rule)));
  const auto result = checked(library, file, {rule_named(rule)});
  REQUIRE(result);
  return result->findings;
}

TEST_CASE("every rule finds its wrong example, there and only there, and leaves the right one alone") {
  for (const Rule& rule : rules()) {
    const Example* example = example_of(rule.id);
    if (example == nullptr) continue;
    CAPTURE(std::string(rule.id));
    const auto wrong = found(rule.id, plain(example->wrong));
    REQUIRE(wrong.size() == 1);
    const source::Place place = place_of_mark(example->wrong);
    CHECK(wrong.front().line == place.line);
    CHECK(wrong.front().column == place.column);
    CHECK_FALSE(wrong.front().sentence.empty());
    CHECK(found(rule.id, plain(example->right)).empty());
  }
}

TEST_CASE("rules without an example are those that need more than one file") {
  std::set<std::string_view> without;
  for (const Rule& rule : rules()) {
    if (example_of(rule.id) == nullptr) without.insert(rule.id);
    CHECK_FALSE(rule.reference.empty());
    CHECK(rule.sentence.ends_with('.'));
    CHECK(rule.reason.ends_with('.'));
  }
  CHECK(without == std::set<std::string_view>{"no-port", "handed-on", "shared-file", "test-entry", "format"});
}

TEST_CASE("ids are there once, and severities by name") {
  std::set<std::string_view> ids;
  for (const Rule& rule : rules()) CHECK(ids.insert(rule.id).second);
  CHECK(severity_named("warning") == Severity::warning);
  CHECK_FALSE(severity_named("fatal"));
  CHECK(rule_named("no-rule") == nullptr);
}

}  // namespace
}  // namespace portwright::lint
