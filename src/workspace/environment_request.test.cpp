#include "workspace/environment_request.hpp"

#include <doctest/doctest.h>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"
#include "workspace/installer_failure.hpp"
#include "workspace/last_lines.hpp"

namespace portwright::workspace {
namespace {

using testing::says;
using From = WantedPackage::From;

WantedPackage wanted(const std::string& text) {
  auto result = wanted_package("mlx-lm", text, "0.32.2", "/work/env.checkouts");
  REQUIRE_MESSAGE(result.has_value(), text);
  return *result;
}

TEST_CASE("nothing is the tested version, digits with a dot are a version") {
  CHECK(wanted("").tested);
  CHECK(wanted("").version == "0.32.2");
  CHECK(wanted("0.31.0").version == "0.31.0");
  CHECK_FALSE(wanted("0.31.0").tested);
  CHECK(wanted("0.32.2").tested);
  CHECK(wanted("0.33.0.dev1+gabc").from == From::index);
}

TEST_CASE("an address may carry a branch, and a name alone is of the package's own repository") {
  CHECK(wanted("https://example.org/a/mlx-lm.git@add-llama").ref == "add-llama");
  CHECK(wanted("https://example.org/a/mlx-lm.git@add-llama").url == "https://example.org/a/mlx-lm.git");
  CHECK(wanted("git+https://user@example.org/a").url == "https://user@example.org/a");
  CHECK(wanted("git@example.org:a/b.git@feature/x").ref == "feature/x");
  CHECK(wanted("git@example.org:a/b.git").ref.empty());
  CHECK(wanted("git@example.org:a/b.git").url == "git@example.org:a/b.git");
  CHECK(says(wanted("main").url, "ml-explore/mlx-lm"));
  CHECK(wanted("1234567").ref == "1234567");
  CHECK(wanted("main").folder == "/work/env.checkouts/mlx-lm");
}

TEST_CASE("a folder is one with a Python project in it") {
  const TemporaryFolder folder;
  const auto nothing = wanted_package("mlx-lm", folder.path().string(), "1.0", "/c");
  REQUIRE_FALSE(nothing.has_value());
  CHECK(says(nothing.error().sentence, "no Python project"));
  folder.write("pyproject.toml", "");
  CHECK(wanted(folder.path().string() + "/").folder == folder.path());
}

TEST_CASE("what is none of these is refused") {
  for (const char* text : {"--help", "ext::sh -c id", "a\nb", "/no/such/folder", "https://example.org/a.git@"}) {
    CAPTURE(text);
    CHECK_FALSE(wanted_package("mlx-lm", text, "1.0", "/c").has_value());
  }
  CHECK_FALSE(wanted_package("torch", "main", "1.0", "/c").has_value());
}

TEST_CASE("the same words ask the same, others do not") {
  const std::map<std::string, std::string> tested{
      {"mlx-lm", "0.32.2"}, {"transformers", "5.23.0"}, {"torch", "2.13.0"}};
  const auto asked = [&](const std::string& mlx_lm) {
    return to_json(environment_request({"env", mlx_lm, "", ""}, tested).value());
  };
  CHECK(asked("") == asked("0.32.2"));
  CHECK(asked("") != asked("0.32.1"));
  CHECK(asked("main") != asked("dev"));
}

TEST_CASE("the end of what an installer printed, without bars that were drawn over") {
  CHECK(last_lines("one\n\n  \ntwo\r 50%\r 100%\nthree\n") == "one\n 100%\nthree");
  CHECK(last_lines("").empty());
  std::string many;
  for (int i = 0; i < 100; ++i) many += "line " + std::to_string(i) + "\n";
  CHECK(last_lines(many).starts_with("line 92\n"));
  CHECK(last_lines("a\x1b[31mb") == "a [31mb");
}

TEST_CASE("without a network pip ends with another sentence, and is not believed") {
  const Error error = installer_failure(
      "install torch", {1, "", "Retrying: NewConnectionError\nERROR: No matching distribution found for torch\n"});
  CHECK(says(error.sentence, "could not install torch: the package index cannot be reached"));
  CHECK(says(error.detail, "No matching distribution"));
  CHECK(says(installer_failure("x", {1, "", "ERROR: No matching distribution found for torch\n"}).sentence,
             "no such version"));
}

}  // namespace
}  // namespace portwright::workspace
