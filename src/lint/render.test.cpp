#include "lint/render.hpp"

#include <doctest/doctest.h>

#include "base/files.hpp"

namespace portwright::lint {
namespace {

Report report() {
  Report result;
  result.ports = 2;
  result.findings.push_back({rule_named("print"), "models/a b.py", 3, 5, "a port prints", "remove it", ""});
  result.findings.push_back({rule_named("unused-import"), "models/c.py", 12, 1, "x%y is\nnot used", "", ""});
  return result;
}

}  // namespace

TEST_CASE("a person reads place, severity, rule and sentence, and counts at the end") {
  CHECK(text_of(report(), {}) ==
        "models/a b.py:3:5  error    print          a port prints\n    fix: remove it\n"
        "models/c.py:12:1   warning  unused-import  x%y is not used\n\n"
        "2 ports looked at: 1 error, 1 warning\n");
  CHECK(text_of({}, {}) == "0 ports looked at: 0 errors, 0 warnings\n");
}

TEST_CASE("GitHub's commands escape what would end them") {
  CHECK(github_annotations(report()) ==
        "::error file=models/a b.py,line=3,col=5,title=print::a port prints; fix: remove it (mlx-lm: #86)\n"
        "::warning file=models/c.py,line=12,col=1,title=unused-import::x%25y is not used (mlx-lm: #354)\n");
}

TEST_CASE("SARIF names each rule that was met once, and places in characters") {
  const Json document = sarif(report());
  CHECK(document["version"] == "2.1.0");
  const Json& run = document["runs"][0];
  CHECK(run["columnKind"] == "unicodeCodePoints");
  CHECK(run["tool"]["driver"]["rules"].size() == 2);
  CHECK(run["results"][0]["ruleId"] == "print");
  CHECK(run["results"][0]["level"] == "error");
  const Json& place = run["results"][0]["locations"][0]["physicalLocation"];
  CHECK(place["artifactLocation"]["uri"] == "models/a%20b.py");
  CHECK(place["region"]["startLine"] == 3);
}

TEST_CASE("docs/lint-rules.md is what the table says") {
  const auto written = read_file(PORTWRIGHT_SOURCE_DIR "/docs/lint-rules.md");
  REQUIRE(written);
  CHECK(*written == rules_markdown());  // portwright lint --list --format markdown > docs/lint-rules.md
}

}  // namespace portwright::lint
