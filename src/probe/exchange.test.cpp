#include "probe/exchange.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <limits>

#include "base/files.hpp"

namespace portwright::probe {
namespace {

namespace fs = std::filesystem;

// TMPDIR named anew for one test.
class TemporaryFolder {
 public:
  TemporaryFolder() : parent_(ExchangeFolder::make(1).value()) {
    if (const char* before = std::getenv("TMPDIR"); before != nullptr) before_ = before;
    ::setenv("TMPDIR", parent_.path().c_str(), 1);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1); }
  [[nodiscard]] const fs::path& path() const { return parent_.path(); }

 private:
  ExchangeFolder parent_;
  std::string before_;
};

constexpr std::uint64_t more_than_any_memory = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("the folder is this user's alone, and gone at the end") {
  fs::path path;
  {
    const auto folder = ExchangeFolder::make(1);
    REQUIRE(folder);
    path = folder->path();
    CHECK(fs::is_directory(path));
    CHECK((fs::status(path).permissions() & fs::perms::mask) == fs::perms::owner_all);
    CHECK(path.filename().string().find(std::to_string(::getpid())) != std::string::npos);
    REQUIRE(write_file(path / "left", "x"));
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("without room in memory it lies below TMPDIR") {
  const TemporaryFolder temporary;
  const auto folder = ExchangeFolder::make(more_than_any_memory);
  REQUIRE(folder);
  CHECK_FALSE(folder->in_memory());
  CHECK(folder->path().parent_path() == temporary.path());
}

TEST_CASE("on the disk it lies below TMPDIR, too") {
  const TemporaryFolder temporary;
  const auto folder = ExchangeFolder::make_on_disk();
  REQUIRE(folder);
  CHECK_FALSE(folder->in_memory());
  CHECK(folder->path().parent_path() == temporary.path());
}

TEST_CASE("a TMPDIR that cannot be written to is an error") {
  const TemporaryFolder temporary;
  ::setenv("TMPDIR", (temporary.path() / "missing").c_str(), 1);
  const auto folder = ExchangeFolder::make(more_than_any_memory);
  REQUIRE_FALSE(folder);
  CHECK(folder.error().sentence.find("missing") != std::string::npos);
}

TEST_CASE("folders of dead programs are removed, those of living ones and of others stay") {
  const TemporaryFolder temporary;
  const fs::path dead = temporary.path() / "portwright-1-abcdef";
  REQUIRE(write_file(dead / FolderLock::file_name, "1\n"));
  REQUIRE(write_file(dead / "000001.safetensors", "x"));
  const fs::path old = temporary.path() / "portwright-2-abcdef";
  fs::create_directories(old);
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const fs::path being_made = temporary.path() / "portwright-3-abcdef";
  fs::create_directories(being_made);
  const fs::path stranger = temporary.path() / "something";
  fs::create_directories(stranger);
  fs::create_directory_symlink(stranger, temporary.path() / "portwright-4-abcdef");

  const auto living = ExchangeFolder::make(more_than_any_memory);
  REQUIRE(living);
  const auto another = ExchangeFolder::make(more_than_any_memory);
  REQUIRE(another);
  CHECK_FALSE(fs::exists(dead));
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(being_made));
  CHECK(fs::exists(stranger));
  CHECK(fs::exists(living->path()));
}

}  // namespace
}  // namespace portwright::probe
