#include "lint/checked_file.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/temporary_folder.hpp"
#include "lint/port.hpp"

namespace portwright::lint {
namespace {

std::vector<const Rule*> all_rules() {
  std::vector<const Rule*> all;
  for (const Rule& rule : rules()) all.push_back(&rule);
  return all;
}

std::vector<Finding> findings_in(const std::string& text, const std::vector<const Rule*>& asked) {
  const TemporaryFolder folder;
  Library library;
  const auto result = checked(library, folder.write("llama.py", text), asked);
  REQUIRE(result);
  return result->findings;
}

constexpr const char* port =
    "class ModelArgs(BaseModelArgs):\n    pass\n\n\nclass Model(nn.Module):\n    def __call__(self, x, cache=None):\n"
    "        print(x)";

}  // namespace

TEST_CASE("text that is no Python is one finding with the line and a caret") {
  const auto found = findings_in("class Model:\n    x = (1,\n    def f(:\n", all_rules());
  REQUIRE(found.size() == 1);
  CHECK(found.front().rule->id == "syntax");
  CHECK(found.front().detail.find('^') != std::string::npos);
}

TEST_CASE("bytes that are no text, zeros, Python 2 and depth are found before any rule is asked") {
  for (const std::string& text :
       {std::string("x = '\xff'\n"), std::string("x = 1\n\0\n", 8), std::string("print \"x\"\n"),
        "x = " + std::string(5000, '(') + "1" + std::string(5000, ')') + "\n"}) {
    const auto found = findings_in(text, all_rules());
    REQUIRE(found.size() == 1);
    CHECK(found.front().rule->id == "syntax");
  }
  const auto wrong = findings_in("x = 'ä\xff'\n", all_rules());
  CHECK(wrong.front().column == 7);  // in characters
}

TEST_CASE("a comment at the end of the line leaves a rule, several or all of them out") {
  const std::vector<const Rule*> asked{rule_named("print")};
  CHECK(findings_in(std::string(port) + "\n", asked).size() == 1);
  CHECK(findings_in(std::string(port) + "  # portwright: ignore[print]\n", asked).empty());
  CHECK(findings_in(std::string(port) + "  # portwright: ignore[syntax, print]\n", asked).empty());
  CHECK(findings_in(std::string(port) + "  # portwright: ignore\n", asked).empty());
  CHECK(findings_in(std::string(port) + "  # portwright: ignore[syntax]\n", asked).size() == 1);
}

TEST_CASE("a file without Model and ModelArgs is no port") {
  const TemporaryFolder folder;
  Library library;
  const auto helper = checked(library, folder.write("base.py", "def f(x):\n    print(x)\n"), all_rules());
  REQUIRE(helper);
  CHECK_FALSE(helper->port);
  CHECK(helper->findings.empty());
}

TEST_CASE("a folder, a missing file and one that is too large are refused") {
  const TemporaryFolder folder;
  Library library;
  CHECK_FALSE(checked(library, folder.path(), all_rules()));
  CHECK_FALSE(checked(library, folder.path() / "missing.py", all_rules()));
  CHECK_FALSE(checked(library, folder.write("large.py", std::string(Library::most_bytes + 1, ' ')), all_rules()));
}

TEST_CASE("what a class has is also looked for in the port that it comes from") {
  const TemporaryFolder folder;
  folder.write("qwen.py",
               "class ModelArgs(BaseModelArgs):\n    pass\n\n\nclass Model(nn.Module):\n    def __init__(self, args):\n"
               "        self.args = args\n\n    def sanitize(self, weights):\n        return weights\n\n    @property\n"
               "    def layers(self):\n        return []\n");
  const std::string head = "from . import qwen\nfrom .qwen import ModelArgs\n\n\n";
  const std::vector<const Rule*> asked{rule_named("model-layers"), rule_named("handed-on")};
  Library library;
  const auto thin = checked(library, folder.write("thin.py", head + "class Model(qwen.Model):\n    pass\n"), asked);
  REQUIRE(thin);
  CHECK(thin->findings.empty());
  const std::string around =
      head +
      "class Model(nn.Module):\n    def __init__(self, args):\n        self.language_model = qwen.Model(args)\n\n"
      "    @property\n    def layers(self):\n        return self.language_model.layers\n";
  const auto lost = checked(library, folder.write("around.py", around), asked);
  REQUIRE(lost);
  REQUIRE(lost->findings.size() == 1);
  CHECK(lost->findings.front().rule->id == "handed-on");
  CHECK(lost->findings.front().line == 7);
  CHECK(lost->findings.front().column == 9);
  const auto handed = checked(
      library,
      folder.write(
          "handed.py",
          around + "\n    def sanitize(self, weights):\n        return self.language_model.sanitize(weights)\n"),
      asked);
  REQUIRE(handed);
  CHECK(handed->findings.empty());
}

}  // namespace portwright::lint
