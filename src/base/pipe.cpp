#include "base/pipe.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace portwright {

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
#ifdef __APPLE__
  const bool made = ::pipe(ends.data()) == 0;
  if (made) {
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
#else
  const bool made = ::pipe2(ends.data(), O_CLOEXEC) == 0;
#endif
  if (!made) return fail(Fault::environment, std::string("no pipe could be made: ") + std::strerror(errno));
  return Pipe{.read = Descriptor(ends[0]), .write = Descriptor(ends[1])};
}

void make_nonblocking(const Descriptor& descriptor) {
  ::fcntl(descriptor.number(), F_SETFL, ::fcntl(descriptor.number(), F_GETFL) | O_NONBLOCK);
}

}  // namespace portwright
