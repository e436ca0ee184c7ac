#include "base/files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/file_error.hpp"
#include "base/temporary_folder.hpp"

using portwright::read_file;
using portwright::TemporaryFolder;
using portwright::write_file;

namespace {

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE("what is written is read, with the folders made and nothing left beside it") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a" / "b" / "file.txt";
  const std::string contents("line\n\0with a zero", 17);
  REQUIRE(write_file(file, contents));
  CHECK(read_file(file).value() == contents);
  REQUIRE(write_file(file, "shorter"));
  CHECK(read_file(file).value() == "shorter");
  CHECK(names_in(file.parent_path()) == std::vector<std::string>{"file.txt"});
}

TEST_CASE("an empty file and one whose size is not known beforehand") {
  const TemporaryFolder folder;
  CHECK(read_file(folder.write("empty", "")).value().empty());
  CHECK(read_file("/proc/self/status").value().find("Name:") != std::string::npos);
}

TEST_CASE("a written file has the rights of the user's mask") {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  const bool written = write_file(folder.path() / "file", "x").has_value();
  ::umask(before);
  REQUIRE(written);
  struct stat status{};
  REQUIRE(::stat((folder.path() / "file").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0640U);
}

TEST_CASE("files that cannot be read or written give one sentence") {
  const TemporaryFolder folder;
  const auto missing = read_file(folder.path() / "missing");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().fault == portwright::Fault::input);
  CHECK(missing.error().sentence ==
        (folder.path() / "missing").string() + " cannot be read: there is no such file or folder");

  CHECK(read_file(folder.path()).error().sentence.ends_with("it is a folder"));
  CHECK(write_file(folder.path(), "x").error().sentence.find("cannot be written") != std::string::npos);
  const auto plain = folder.write("plain", "");
  CHECK(write_file(plain / "below", "x").error().sentence.find("not a folder") != std::string::npos);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"plain"});
}

TEST_CASE("a full disk and a read-only mount say what to do") {
  const auto full = portwright::file_error("run.json", "written", ENOSPC);
  CHECK(full.fault == portwright::Fault::environment);
  CHECK(full.sentence == "run.json cannot be written: the disk is full");
  CHECK(full.remedy.find("free some space") != std::string::npos);
  CHECK(portwright::file_error("run.json", "written", EROFS).sentence.find("read-only") != std::string::npos);
}

TEST_CASE("a write that fails half-way keeps the old file and removes the temporary one") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", "old");
  // A limit on file sizes breaks off a write as a full disk does; it is set in a child, for it cannot be lifted again.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = write_file(file, std::string(1U << 20U, 'x'));
    ::_exit(!written && written.error().remedy.find("ulimit") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(read_file(file).value() == "old");
  CHECK(names_in(folder.path()) == std::vector<std::string>{"file"});
}

TEST_CASE("readers beside a writer see whole files only") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "file";
  const std::string one(100'000, '1');
  const std::string two(200'000, '2');
  REQUIRE(write_file(file, one));
  bool wrote = true;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) wrote = wrote && write_file(file, i % 2 == 0 ? two : one).has_value();
  });
  bool whole = true;
  for (int i = 0; i < 200; ++i) {
    const auto seen = read_file(file);
    whole = whole && seen && (*seen == one || *seen == two);
  }
  writer.join();
  CHECK(wrote);
  CHECK(whole);
}
