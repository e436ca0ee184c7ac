// How the workers of a run are started: interpreters, threads, a fast BLAS, the sandbox.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "base/error.hpp"
#include "harness/test_settings.hpp"
#include "probe/workers.hpp"
#include "workspace/blas.hpp"
#include "workspace/python.hpp"
#include "workspace/sandbox.hpp"

namespace portwright::harness {

// Named on the command line or found; an input error where the named one lacks the package.
[[nodiscard]] Result<workspace::Choice> interpreter_with(const std::string& package,
                                                         const std::filesystem::path& named);

struct Interpreters {
  workspace::Choice reference;
  workspace::Choice port;
};
[[nodiscard]] Result<Interpreters> choose_interpreters(const TestSettings& settings);

// Both sides get the same number, so that their rounding is alike.
[[nodiscard]] int threads_a_side();

struct Machine {
  Interpreters interpreters;
  workspace::Blas blas;
  workspace::Sandbox sandbox;
  bool port_sandboxed = false;
  int threads = 1;
};
// An error where a sandbox is demanded (remote code) and there is none.
[[nodiscard]] Result<Machine> examine_machine(const TestSettings& settings);

// `logs`: where the workers' output is kept. `exchange` and `scratch` stay writable inside a
// sandbox, `readable` (the port's folder, checkpoints) can be read there.
[[nodiscard]] Result<std::map<probe::Side, probe::Launch>> launches(const Machine& machine,
                                                                    const std::filesystem::path& logs,
                                                                    const std::filesystem::path& exchange,
                                                                    const std::filesystem::path& scratch,
                                                                    const std::vector<std::filesystem::path>& readable);

}  // namespace portwright::harness
