#include "base/process.hpp"

#include <doctest/doctest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's kill
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "base/child.hpp"
#include "base/pipe.hpp"

namespace portwright {
namespace {

using std::chrono::milliseconds;

Result<Finished> shell(const std::string& script, milliseconds deadline = milliseconds(5000)) {
  return run_command({"sh", "-c", script}, deadline);
}

bool gone(pid_t id) {
  for (int tries = 0; tries < 200; ++tries) {
    if (::kill(id, 0) != 0 && errno == ESRCH) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

TEST_CASE("run_command keeps output, errors and status apart") {
  const auto done = shell("echo out; echo err >&2; exit 7");
  REQUIRE(done);
  CHECK(done->output == "out\n");
  CHECK(done->errors == "err\n");
  CHECK(done->status == 7);
}

TEST_CASE("run_command takes more output than a pipe holds, on both pipes") {
  const auto done = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2");
  REQUIRE(done);
  CHECK(done->output.size() == 3000000);
  CHECK(done->errors.size() == 3000000);
}

TEST_CASE("run_command reports a signal as 128 plus its number") {
  const auto done = shell("kill -SEGV $$");
  REQUIRE(done);
  CHECK(done->status == 139);
}

TEST_CASE("run_command sets variables for the child only") {
  const auto done =
      run_command({"sh", "-c", "printf %s \"$PORTWRIGHT_TEST\""}, milliseconds(5000), {{"PORTWRIGHT_TEST", "a b=c"}});
  REQUIRE(done);
  CHECK(done->output == "a b=c");
  CHECK(std::getenv("PORTWRIGHT_TEST") == nullptr);
}

TEST_CASE("run_command gives no input") {
  const auto done = shell("wc -c");
  REQUIRE(done);
  CHECK(std::stoi(done->output) == 0);
}

TEST_CASE("a deadline kills the whole group and says so") {
  const auto begin = std::chrono::steady_clock::now();
  const auto done = shell("sleep 60 & echo $! >&2; wait", milliseconds(300));
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(5000));
  REQUIRE_FALSE(done);
  CHECK(done.error().fault == Fault::environment);
  CHECK(done.error().sentence.find("did not end within 0.3 s") != std::string::npos);
  CHECK(gone(std::stoi(done.error().detail)));
}

TEST_CASE("a grandchild that keeps the pipe open holds nothing up and does not outlive the command") {
  const auto begin = std::chrono::steady_clock::now();
  const auto done = shell("sleep 60 & echo $!");
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(3000));
  REQUIRE(done);
  CHECK(gone(std::stoi(done->output)));
}

TEST_CASE("a program that does not exist or may not run is an error with a sentence") {
  const auto missing = run_command({"portwright-no-such-program"}, milliseconds(1000));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().sentence == "the program portwright-no-such-program was not found");
  CHECK_FALSE(missing.error().remedy.empty());
  CHECK_FALSE(run_command({"/etc/passwd"}, milliseconds(1000)));
  CHECK_FALSE(run_command({}, milliseconds(1000)));
}

TEST_CASE("find_program gives absolute paths of programs only") {
  CHECK(find_program("sh").starts_with("/"));
  CHECK(find_program("/bin/sh") == "/bin/sh");
  CHECK(find_program("portwright-no-such-program").empty());
  CHECK(find_program("").empty());
  CHECK(find_program("/tmp").empty());
}

TEST_CASE("a child inherits the descriptors that are named and no others") {
  auto kept = make_pipe();
  auto other = make_pipe();
  REQUIRE(kept);
  REQUIRE(other);
  const std::string script = "exec 2>/dev/null; echo hello >&" + std::to_string(kept->write.number()) +
                             "; (echo bad >&" + std::to_string(other->write.number()) + ") && exit 1; exit 0";
  auto child = Child::start({.command = {"bash", "-c", script},
                             .environment = {},
                             .input = -1,
                             .output = -1,
                             .errors = -1,
                             .kept = {kept->write.number()}});
  REQUIRE(child);
  kept->write.close();
  std::string text(6, ' ');
  CHECK(::read(kept->read.number(), text.data(), text.size()) == 6);
  CHECK(text == "hello\n");
  while (!child->ended()) std::this_thread::sleep_for(milliseconds(1));
  CHECK(child->ended()->status == 0);
}

TEST_CASE("the destructor of a child kills its group") {
  pid_t id = 0;
  {
    auto child = Child::start(
        {.command = {"sleep", "60"}, .environment = {}, .input = -1, .output = -1, .errors = -1, .kept = {}});
    REQUIRE(child);
    id = child->id();
    CHECK_FALSE(child->ended());
  }
  CHECK(gone(id));
}

TEST_CASE("an ending is told in words") {
  CHECK(in_words({3, 0}) == "exited with status 3");
  CHECK(in_words({0, SIGSEGV}) == "was killed by signal 11 (Segmentation fault)");
  CHECK(in_words({139, 0}) == "was killed by signal 11 (Segmentation fault)");
  CHECK(killing_signal({255, 0}) == 0);
}

}  // namespace
}  // namespace portwright
