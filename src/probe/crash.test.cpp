// What is left of the pool when the program itself is interrupted or killed. Each case plays in a child process.
#include <doctest/doctest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's kill
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/pipe.hpp"
#include "base/testing.hpp"
#include "probe/fake_worker.hpp"

namespace portwright::probe {
namespace {

using portwright::testing::becomes;
using std::chrono::milliseconds;
using testing::ends;
using testing::FakePool;
using testing::patient;

struct Told {
  pid_t worker = 0;
  std::filesystem::path exchange;
};

// A program with a worker that is busy, killed as `kill -9` does.
Told kill_program_with(const std::string& greeting) {
  auto pipe = make_pipe();
  REQUIRE(pipe);
  const pid_t program = ::fork();
  if (program == 0) {
    FakePool pool(greeting);
    const auto hello = pool.workers.greeting(Side::port);
    static_cast<void>(pool.workers.submit(Side::port, {{"do", "tensors"}, {"files", 3}, {"bytes", 10}}, patient));
    const std::string line =
        std::to_string((*hello)["pid"].get<pid_t>()) + " " + pool.workers.exchange().string() + "\n";
    static_cast<void>(::write(pipe->write.number(), line.data(), line.size()));
    static_cast<void>(pool.workers.ask(Side::port, {{"do", "ignore_cancel"}}, milliseconds(600'000)));
    _exit(0);
  }
  pipe->write.close();
  std::string line;
  for (char c = 0; ::read(pipe->read.number(), &c, 1) == 1 && c != '\n';) line += c;
  REQUIRE(line.find(' ') != std::string::npos);
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  return {std::stoi(line), line.substr(line.find(' ') + 1)};
}

TEST_CASE("a killed program leaves no worker and no exchange folder") {
  const Told told = kill_program_with("hello");
  CHECK(ends(told.worker));
  CHECK(becomes([&] { return !std::filesystem::exists(told.exchange); }));
}

TEST_CASE("a killed program's worker that does not notice is killed too") {
  const Told told = kill_program_with("deaf");
  CHECK(ends(told.worker));
  CHECK(becomes([&] { return !std::filesystem::exists(told.exchange); }));
}

TEST_CASE("an interrupt ends the wait, the workers and every later request") {
  const pid_t program = ::fork();
  if (program == 0) {
    catch_interrupts();
    FakePool pool;
    const auto worker = pool.workers.ask(Side::port, {{"do", "echo"}}, patient)->ok["pid"].get<pid_t>();
    bool raised = false;
    pool.workers.on_idle([&] {
      if (!raised) ::raise(SIGINT);
      raised = true;
    });
    const auto behind = pool.workers.submit(Side::port, {{"do", "sleep"}, {"for", 60}}, patient);
    const auto first = pool.workers.ask(Side::port, {{"do", "echo"}}, patient);
    const auto second = pool.workers.wait(*behind);
    const auto later = pool.workers.ask(Side::port, {{"do", "echo"}}, patient);
    const bool as_said = !first && first.error().kind == "interrupted" && !second &&
                         second.error().kind == "interrupted" && !later && later.error().kind == "interrupted" &&
                         later.error().error.fault == Fault::interrupted && ends(worker);
    _exit(as_said ? 0 : 1);
  }
  int status = 0;
  ::waitpid(program, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace portwright::probe
