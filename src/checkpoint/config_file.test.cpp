#include "checkpoint/config_file.hpp"

#include <doctest/doctest.h>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"

using portwright::TemporaryFolder;
using portwright::checkpoint::read_config;
using portwright::testing::says;

namespace {

std::string config_refusal(const std::filesystem::path& path) {
  const auto config = read_config(path);
  return config ? "read" : config.error().sentence;
}

}  // namespace

TEST_CASE("a config is read from its folder or as a file") {
  const TemporaryFolder folder;
  const auto file = folder.write("config.json", R"({"model_type": "llama", "a": "[[[["})");
  CHECK(config_refusal(folder.path()) == "read");
  CHECK(config_refusal(file) == "read");
}

TEST_CASE("a config that is none is refused in one sentence") {
  const TemporaryFolder folder;
  CHECK(says(config_refusal(folder.path()), "has no config.json"));
  CHECK(says(config_refusal(folder.path() / "none"), "does not exist"));
  CHECK(says(config_refusal(folder.write("a.txt", "{}")), "is not a folder"));
  CHECK(says(config_refusal(folder.write("list.json", "[1]")), "not a JSON object"));
  CHECK(says(config_refusal(folder.write("type.json", R"({"model_type": 1})")), "names no model_type"));
  CHECK(says(config_refusal(folder.write("deep.json", R"({"model_type": "a", "b": )" + std::string(100'000, '[') +
                                                          std::string(100'000, ']') + "}")),
             "is nested 100001 deep"));
  CHECK(says(config_refusal(folder.write("large.json", std::string(17'000'000, ' '))), "17 MB large"));
  CHECK(
      says(config_refusal(folder.write("bytes.json", "{\"model_type\": \"\xff\"}")), "bytes.json:1 is not UTF-8 text"));
}
