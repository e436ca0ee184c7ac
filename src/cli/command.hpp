// A command is a row of a table: its name, one line, examples and a function that declares its options.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/exit_status.hpp"

namespace CLI {
class App;
}

namespace portwright::cli {

// What a body knows besides its own options.
struct Call {
  std::vector<std::string> words;  // the whole command as typed, "portwright" first: for records
  bool json = false;               // one JSON document on standard output and nothing else there
};

// Runs after the options are parsed. An error is printed by the frame, with the exit status of its fault.
using Body = std::function<Result<ExitStatus>(const Call&)>;

struct Command {
  std::string_view name;
  std::string_view line;           // what it does, for the list of commands
  std::string_view examples;       // lines for --help, without the leading indent
  bool json;                       // takes --json
  Body (*declare)(CLI::App& app);  // adds the options, which the returned body then reads
};

// Every command that works, in the order of --help.
[[nodiscard]] std::span<const Command> commands();

// The names of all commands.
[[nodiscard]] std::vector<std::string> command_names();

// Declares a command with all its options, --help and --json on an empty parser.
[[nodiscard]] Body declare_command(const Command& command, CLI::App& app);

}  // namespace portwright::cli
