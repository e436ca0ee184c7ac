// A pipe. Both ends are closed in programs that are started, unless they are named among what is kept (see Spawn).
#pragma once

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace portwright {

struct Pipe {
  Descriptor read;
  Descriptor write;
};

[[nodiscard]] Result<Pipe> make_pipe();

// Reads and writes give EAGAIN instead of waiting.
void make_nonblocking(const Descriptor& descriptor);

}  // namespace portwright
