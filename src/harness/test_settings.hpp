// What one run of the battery is asked to do: the options of `portwright test`, as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "battery/subject.hpp"

namespace portwright::harness {

using battery::Effort;

enum class SandboxMode {
  automatic,  // used where bubblewrap works; the record says whether it was
  off,
};

struct TestSettings {
  // What is measured.
  std::string model;                       // MODEL as typed; see checkpoint/model_name.hpp
  std::vector<std::string> variants;       // more MODELs in the same run, after `model`
  std::filesystem::path port_file;         // a port outside the installed mlx-lm; empty: the installed one
  std::filesystem::path reference_python;  // interpreter of the reference side; empty: chosen by workspace::find_python
  std::filesystem::path port_python;       // the same of the port side
  bool trust_remote_code = false;          // code of the checkpoint may run, inside the sandbox only

  // How much of it.
  std::vector<std::string> checks;  // globs over check ids; empty: all
  std::vector<std::string> skip;    // globs over check ids, taken away from `checks`
  Effort effort = Effort::standard;
  std::optional<std::string> prompt;  // text instead of the project's own prompts
  std::filesystem::path prompt_file;  // a text file of the same meaning; empty: none. Never together with `prompt`
  std::uint64_t seed = 0;

  // Bounds.
  std::chrono::seconds timeout{1800};  // of one check
  std::uint64_t memory_bytes = 0;      // of the whole process tree; 0: no limit
  SandboxMode sandbox = SandboxMode::automatic;

  // What is kept.
  std::filesystem::path out;  // the run folder; empty: runs/<time>-<model> below the current folder
  bool use_cache = true;      // of the reference's answers
  bool resume = false;        // checks that `out` already holds are not run again, but for those that broke
  bool keep_tensors = false;  // captured tensors are copied to evidence/, named in the records

  // The whole command, for records and reproduce.md.
  std::vector<std::string> command;
};

}  // namespace portwright::harness
