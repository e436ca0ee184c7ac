#include "workspace/machine.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace portwright::workspace {
namespace {

TEST_CASE("memory is read from meminfo in bytes, and a missing line is zero") {
  const Memory memory = parse_meminfo("MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:   500 kB\n");
  CHECK(memory.total == 1'024'000);
  CHECK(memory.available == 512'000);
  CHECK(parse_meminfo("nothing").total == 0);
}

TEST_CASE("this machine has memory and disk") {
  CHECK(machine_memory().total > 0);
  CHECK(free_space("/") > 0);
  CHECK(free_space("/not/yet/made") == free_space("/"));
}

TEST_CASE("little memory warns, too little stops") {
  CHECK(memory_finding({8'000'000'000, 8'000'000'000}).level == Level::ok);
  CHECK(memory_finding({8'000'000'000, 3'000'000'000}).level == Level::warn);
  CHECK(memory_finding({8'000'000'000, 1'000'000'000}).level == Level::missing);
}

TEST_CASE("too little space warns and says what wants it") {
  CHECK(space_finding("disk.cache", "the cache", "/c", 10, 5).level == Level::ok);
  const Finding finding = space_finding("disk.cache", "the cache", "/c", 5, 1000);
  CHECK(finding.level == Level::warn);
  CHECK(finding.remedy == "the cache wants 1 kB");
}

TEST_CASE("the size of a folder counts its files and no links") {
  const auto folder = std::filesystem::temp_directory_path() / "portwright-folder-size-test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "below");
  std::ofstream(folder / "below" / "file") << "12345";
  std::filesystem::create_symlink(folder / "below" / "file", folder / "link");
  CHECK(folder_size(folder) == 5);
  std::filesystem::remove_all(folder);
  CHECK(folder_size(folder) == 0);
}

}  // namespace
}  // namespace portwright::workspace
