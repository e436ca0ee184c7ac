// An error a person reads: one sentence, what to do about it, and where it is.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace portwright {

// Whose mistake it is. The command line turns it into the exit status (see cli/exit_status.hpp).
enum class Fault {
  input,        // the command, an option, a file or a folder the user named
  environment,  // the machine: no Python, a full disk, no memory
  worker,       // a probe died, hung or answered nonsense
  interrupted,  // Ctrl-C or a signal to end
  internal,     // a bug of ours
};

struct Error {
  Fault fault = Fault::internal;
  std::string sentence;  // one clear sentence, no trailing full stop needed, never a stack trace
  std::string remedy;    // what to do: a command or an action; may be empty
  std::string detail;    // last lines a worker left behind, a line with a caret; may be empty and span lines
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Fault fault, std::string sentence, std::string remedy = {},
                                                std::string detail = {}) {
  return tl::unexpected<Error>(Error{fault, std::move(sentence), std::move(remedy), std::move(detail)});
}

}  // namespace portwright
