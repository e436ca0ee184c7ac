// A running program in a process group of its own.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace portwright {

struct Spawn {
  std::vector<std::string> command;                // the first word is a path or is found on PATH; no shell
  std::map<std::string, std::string> environment;  // set over the program's own
  int input = -1;                                  // descriptors; -1 is /dev/null
  int output = -1;
  int errors = -1;
  std::vector<int> kept;  // further descriptors, open under the same number in the child
};

// How a process ended: by itself with `status`, or by `signal` where that is not 0.
struct Ending {
  int status = 0;
  int signal = 0;
};

// "exited with status 3", "was killed by signal 11 (Segmentation fault)". A status of 128 + N is read as signal N,
// which is how a sandbox or a shell reports it.
[[nodiscard]] std::string in_words(const Ending& ending);
// 0 where it ended by itself, however a wrapper reports it.
[[nodiscard]] int killing_signal(const Ending& ending);

class Child {
 public:
  [[nodiscard]] static Result<Child> start(const Spawn& spawn);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // kills the group where it still runs

  // Its process id, which is also the id of its group.
  [[nodiscard]] pid_t id() const { return id_; }
  // Nothing while it runs. Once it has ended, what it left running in its group is killed.
  [[nodiscard]] std::optional<Ending> ended();
  // Kills the whole group and waits for the end of the first process.
  Ending kill();

 private:
  explicit Child(pid_t id) : id_(id) {}
  void reap();

  pid_t id_ = 0;  // 0 where moved from
  std::optional<Ending> ending_;
};

}  // namespace portwright
