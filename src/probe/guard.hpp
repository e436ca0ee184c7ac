// Cleans up after this program where it cannot do so itself, because it was killed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

#include "base/child.hpp"
#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace portwright::probe {

// A shell that waits for the end of a pipe whose other end only this program holds. It then kills the workers that did
// not leave by themselves and removes the exchange folder. In an orderly end it is ended before it acts.
class Guard {
 public:
  [[nodiscard]] static Result<Guard> start(const std::filesystem::path& exchange);
  // The process groups that run now.
  void watch(const std::vector<pid_t>& groups);

 private:
  Guard(Child shell, Descriptor pipe) : shell_(std::move(shell)), pipe_(std::move(pipe)) {}

  Child shell_;  // destroyed last: the order of the pipe's end and the kill decides nothing, both end it
  Descriptor pipe_;
};

}  // namespace portwright::probe
