// Running another program to its end (git, an interpreter's version), with a deadline.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace portwright {

struct Finished {
  int status = 0;  // exit status; 128 + signal where it was killed
  std::string output;
  std::string errors;
};

// The command is found on PATH; no shell. An error where it cannot be started or the deadline passes (it is then
// killed).
[[nodiscard]] Result<Finished> run_command(const std::vector<std::string>& command, std::chrono::milliseconds deadline,
                                           const std::map<std::string, std::string>& environment = {});

// The absolute path of a program on PATH, empty where there is none.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace portwright
