#include "base/interrupt.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's sigaction, not C's signal
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <initializer_list>

namespace portwright {
namespace {

// A handler can reach nothing but variables of static storage.
std::atomic<int> caught = 0;      // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> read_end = -1;   // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> write_end = -1;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_interrupt(int signal) {
  const int before = caught.fetch_add(1);
  if (before > 0 && signal == SIGINT) _exit(130);
  const int error = errno;
  const char byte = 0;
  [[maybe_unused]] const auto written = ::write(write_end, &byte, 1);
  errno = error;
}

}  // namespace

void catch_interrupts() {
  if (write_end >= 0) return;
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return;
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  read_end = ends[0];
  write_end = ends[1];

  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  // Without SA_RESTART: a read from a terminal ends too.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now{};
    ::sigaction(signal, nullptr, &now);
    // nohup and shells that start a job in the background ignore some of them on purpose.
    if (now.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);
  }
}

bool interrupted() { return caught > 0; }

int interrupt_descriptor() { return read_end; }

}  // namespace portwright
