#include "harness/zoo_subjects.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"
#include "base/testing.hpp"

namespace portwright::harness {
namespace {

using testing::says;

Result<std::vector<ZooSubject>> listed_in(const TemporaryFolder& folder, const std::string& table) {
  REQUIRE(write_file(folder.path() / "ports.json", table));
  return listed_subjects(folder.path() / "ports.json");
}

std::string refused(const TemporaryFolder& folder, const std::string& table) {
  const auto listed = listed_in(folder, table);
  REQUIRE_FALSE(listed);
  CHECK(listed.error().fault == Fault::input);
  CHECK_FALSE(listed.error().remedy.empty());
  return listed.error().sentence;
}

}  // namespace

TEST_CASE("a table of ports gives its subjects in the order of their ids, files beside the table") {
  const TemporaryFolder folder;
  REQUIRE(write_file(folder.path() / "one" / "llama.py", "x = 1\n"));
  const auto listed = listed_in(folder, R"({"ports": [{"id": "b", "model": "builtin:smollm2"},
                                                      {"id": "a", "model": "synthetic:llama", "port": "one/llama.py"}]})");
  REQUIRE(listed);
  REQUIRE(listed->size() == 2);
  CHECK(listed->front().id == "a");
  CHECK(listed->front().port_file == folder.path() / "one" / "llama.py");
  CHECK(listed->front().port == "llama.py");
  CHECK(listed->back().port_file.empty());
  CHECK(listed->back().port == "installed");
}

TEST_CASE("a table that cannot be meant is refused with what is wrong in it") {
  const TemporaryFolder folder;
  CHECK(says(refused(folder, "{"), "ports.json:1:"));
  CHECK(says(refused(folder, "[]"), "not an object"));
  CHECK(says(refused(folder, R"({"ports": []})"), "no port"));
  CHECK(says(refused(folder, R"({"ports": [{"id": "a"}]})"), "\"model\""));
  CHECK(says(refused(folder, R"({"ports": [{"id": "../a", "model": "x"}]})"), "no id"));
  CHECK(says(refused(folder, R"({"ports": [{"id": "a", "model": "x", "prot": "y"}]})"), "\"prot\""));
  CHECK(says(refused(folder, R"({"ports": [{"id": "a", "model": "x", "port": "none.py"}]})"), "no port"));
  CHECK(says(refused(folder, R"({"ports": [{"id": "a", "model": "x"}, {"id": "a", "model": "y"}]})"), "twice"));
}

}  // namespace portwright::harness
