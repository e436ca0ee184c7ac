#include "base/interrupt.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's kill
#include <sys/wait.h>
#include <unistd.h>

#include <initializer_list>

namespace portwright {
namespace {

// The state is the process's, so each case plays in a child of its own, which answers by its status.
template <class Play>
int status_of(Play play) {
  const pid_t id = ::fork();
  if (id == 0) {
    // The tests may run under nohup, whose ignored signals stay ignored.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
    catch_interrupts();
    _exit(play());
  }
  int status = 0;
  ::waitpid(id, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool readable() {
  pollfd waiting{interrupt_descriptor(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

TEST_CASE("nothing is interrupted before a signal comes") {
  CHECK(interrupt_descriptor() == -1);
  CHECK(status_of([] { return interrupted() || readable() ? 1 : 0; }) == 0);
}

TEST_CASE("a first signal is noted and wakes a poll loop") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CHECK(status_of([signal] {
            ::raise(signal);
            return interrupted() && readable() ? 0 : 1;
          }) == 0);
  }
}

TEST_CASE("a second Ctrl-C ends the program with 130") {
  CHECK(status_of([] {
          ::raise(SIGINT);
          ::raise(SIGINT);
          return 0;
        }) == 130);
}

TEST_CASE("a second SIGTERM after the first does not: a service manager sends several") {
  CHECK(status_of([] {
          ::raise(SIGTERM);
          ::raise(SIGTERM);
          return interrupted() ? 0 : 1;
        }) == 0);
}

TEST_CASE("an ignored signal stays ignored, as nohup wants it") {
  const pid_t id = ::fork();
  if (id == 0) {
    ::signal(SIGHUP, SIG_IGN);
    catch_interrupts();
    ::raise(SIGHUP);
    _exit(interrupted() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(id, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace portwright
