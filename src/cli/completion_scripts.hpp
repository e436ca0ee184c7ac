// Completion scripts for the three shells, from a description of the commands.
#pragma once

#include <string>
#include <vector>

namespace portwright::cli {

struct CompletedOption {
  std::string name;  // "--effort"; empty for a positional
  std::string line;  // what it does
  bool takes_value = false;
  bool files = false;              // its value may be a path
  std::vector<std::string> words;  // values it can take
};

struct CompletedCommand {
  std::string name;
  std::string line;
  std::vector<CompletedOption> options;
};

[[nodiscard]] std::string bash_completions(const std::vector<CompletedCommand>& commands);
[[nodiscard]] std::string zsh_completions(const std::vector<CompletedCommand>& commands);
[[nodiscard]] std::string fish_completions(const std::vector<CompletedCommand>& commands);

}  // namespace portwright::cli
