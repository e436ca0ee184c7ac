// What one battery runs on: a checkpoint, the token ids it is asked with, and how much is asked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"

namespace portwright::battery {

enum class Effort { quick, standard, full };

[[nodiscard]] std::string_view name(Effort effort);        // "quick", "default", "full"
[[nodiscard]] Effort effort_named(std::string_view name);  // the reverse; any other word is the default

struct Subject {
  std::string variant;  // id of the variant in the records
  checkpoint::Checkpoint checkpoint;
  std::filesystem::path prompts;           // the folder of the project's own prompt texts
  std::optional<std::string> prompt_text;  // the user's, instead of them
  Effort effort = Effort::standard;
  std::uint64_t seed = 0;
  std::string backend = "cpu";       // of the port, as its greeting says
  std::string native_products;       // "native" or "f32-rounded"
  int threads = 1;                   // of each worker
  std::string command;               // the run's command line, for the records
  std::filesystem::path run_folder;  // where a failed check leaves the script that shows it; empty: nowhere
  bool has_siblings = false;         // other variants are tested in the same run
};

// Tokens that are generated: for the greedy comparison, and in all for the long one.
struct Lengths {
  int greedy = 0;
  int generated = 0;
};
[[nodiscard]] Lengths lengths(Effort effort);

}  // namespace portwright::battery
