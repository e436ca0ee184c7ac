#include "base/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace portwright {

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

void Descriptor::make_nonblocking() const { ::fcntl(number_, F_SETFL, ::fcntl(number_, F_GETFL) | O_NONBLOCK); }

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
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace portwright
