#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"

using portwright::FolderLock;
using portwright::TemporaryFolder;

TEST_CASE("one run at a time writes into a folder, and the error names its process") {
  const TemporaryFolder folder;
  const auto run = folder.path() / "runs" / "one";
  {
    const auto first = FolderLock::take(run);
    REQUIRE(first);
    const auto second = FolderLock::take(run);
    REQUIRE_FALSE(second);
    CHECK(second.error().fault == portwright::Fault::input);
    CHECK(second.error().sentence ==
          "another run writes into " + run.string() + " (process " + std::to_string(::getpid()) + ")");
    CHECK(FolderLock::take(folder.path() / "runs" / "two"));
  }
  CHECK_FALSE(std::filesystem::exists(run / FolderLock::file_name));
  CHECK(FolderLock::take(run));
}

TEST_CASE("a lock that moved is held once") {
  const TemporaryFolder folder;
  auto first = FolderLock::take(folder.path());
  REQUIRE(first);
  {
    const FolderLock moved = std::move(*first);
    CHECK_FALSE(FolderLock::take(folder.path()));
  }
  CHECK(FolderLock::take(folder.path()));
}

TEST_CASE("a process that is killed gives its lock back") {
  const TemporaryFolder folder;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto lock = FolderLock::take(folder.path());
    const char taken = lock ? '1' : '0';
    if (::write(pipe[1], &taken, 1) == 1) ::pause();
    ::_exit(0);
  }
  char taken = '0';
  REQUIRE(::read(pipe[0], &taken, 1) == 1);
  CHECK(taken == '1');
  CHECK(FolderLock::take(folder.path()).error().sentence.ends_with("(process " + std::to_string(child) + ")"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  CHECK(std::filesystem::exists(folder.path() / FolderLock::file_name));
  CHECK(FolderLock::take(folder.path()));
}

TEST_CASE("a folder that cannot be made is an error") {
  const TemporaryFolder folder;
  const auto plain = folder.write("plain", "");
  CHECK_FALSE(FolderLock::take(plain / "run"));
}
