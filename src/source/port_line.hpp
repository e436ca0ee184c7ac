// The line of a port that builds a module, or that calls what is wrong in it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "source/built_modules.hpp"
#include "source/line.hpp"

namespace portwright::source {

// What is blamed, by the port's own paths.
struct Blame {
  std::string module;                   // "model.layers.3.self_attn", "(root)"
  std::optional<std::string> function;  // "rope", "attention", "activation", "softcap", "mask", "scale"
  std::string wrong_input_of;           // a module that got a wrong input from this one; empty: none known
  bool wrong_output = false;            // it was seen in what it returns, after all that it calls
  bool whole_class = false;             // every module of this class is wrong
};

struct PortFiles {
  std::filesystem::path port;    // the file with the class Model
  std::filesystem::path models;  // mlx-lm's folder of ports, for what the port imports from there; may be empty
};

// Nothing where the source does not tell: a line is never guessed.
//   A function: the line that sets it up, where there is one such line, else the line that calls it.
//   A wrong input of a child: the line that calls the child.
//   A module whose class is written in the file that builds it, and which has children or is wrong wherever it is
//   built: where its __call__ returns what is wrong, if it returns in one place, else the head of its __call__.
//   Else the line that builds the module; of two that an `if` chooses between, the line of the `if`.
[[nodiscard]] std::optional<Line> port_line(const PortFiles& files, const Classes& classes, const Blame& blame);

}  // namespace portwright::source
