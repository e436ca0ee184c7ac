// The exit status of the program: part of its contract, so kept in one place (ARCHITECTURE.md, "The command line").
#pragma once

#include "base/error.hpp"
#include "results/verdict.hpp"

namespace portwright::cli {

enum class ExitStatus : int {
  passed = 0,         // the run passed, or the command did what was asked
  failed = 1,         // a gating check failed
  bad_input = 2,      // the command or its input is wrong
  broke = 3,          // nothing failed, but a gating check, a worker or the machine broke
  undecided = 4,      // nothing failed or broke, and the evidence does not decide
  interrupted = 130,  // Ctrl-C, as a shell has it: 128 + SIGINT
};

[[nodiscard]] ExitStatus exit_status(Fault fault);
[[nodiscard]] ExitStatus exit_status(results::Verdict verdict);

}  // namespace portwright::cli
