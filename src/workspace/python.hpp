// The Python that is measured: which one, what is installed there, read from its metadata without importing anything.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace portwright::workspace {

struct Python {
  std::filesystem::path executable;
  std::string version;                          // "3.11.7"
  std::vector<std::filesystem::path> site;      // folders searched for distributions (also editable checkouts)
  std::map<std::string, std::string> packages;  // normalised name to version
  std::filesystem::path mlx_lm;                 // the packages' folders; empty where there is none
  std::filesystem::path transformers;
};

struct Rejected {
  std::filesystem::path executable;
  std::string why;
};

struct Choice {
  Python python;
  std::string why;  // "the active virtual environment"
  std::vector<Rejected> rejected;
};

[[nodiscard]] Result<Python> inspect_python(const std::filesystem::path& executable);

// The first candidate that has `package`: the active virtual or conda environment, .venv beside the current folder,
// the environment the program was installed into, python3.
[[nodiscard]] Result<Choice> find_python(const std::string& package);

// The one named on the command line, whatever it holds; where none is, the one that find_python chooses.
[[nodiscard]] Result<Choice> choose_python(const std::string& package, const std::filesystem::path& named);

// Those candidates, in that order, whatever they have.
[[nodiscard]] std::vector<std::filesystem::path> python_candidates();

}  // namespace portwright::workspace
