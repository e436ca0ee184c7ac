// The text of `portwright COMMAND --help`.
#pragma once

#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace portwright::cli {

struct Command;

// What an option takes, as its declaration names it: "FILE", "quick|default|full"; empty for a flag.
[[nodiscard]] std::string value_name(const CLI::Option& option);

// What the command does, its usage, its options and its examples, wrapped to `width` columns.
[[nodiscard]] std::string help_text(const Command& command, const CLI::App& app, int width);

}  // namespace portwright::cli
