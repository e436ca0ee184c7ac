// Shell completions, made from the same table and parsers as the commands, so that they cannot differ.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/bodies.hpp"
#include "cli/completion_scripts.hpp"
#include "cli/help.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"

namespace portwright::cli {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

CompletedOption completed(const CLI::Option& option) {
  CompletedOption result;
  if (!option.get_lnames().empty()) result.name = "--" + option.get_lnames().front();
  result.line = option.get_description();
  const std::string type = value_name(option);
  result.takes_value = !type.empty();
  if (type.find('|') != std::string::npos) result.words = split(type, '|');
  result.files = type == "FILE" || type == "DIR" || type == "EXE" || type.starts_with("MODEL");
  if (type.starts_with("MODEL")) result.words = {"builtin:smollm2"};
  return result;
}

CompletedCommand completed(const Command& command) {
  CLI::App app;
  const Body unused = declare_command(command, app);
  CompletedCommand result{std::string(command.name), std::string(command.line), {}};
  for (const CLI::Option* option : app.get_options()) result.options.push_back(completed(*option));
  return result;
}

}  // namespace

Body declare_completions(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  add_choice(app, "SHELL", *shell, {"bash", "zsh", "fish"}, "the shell to write for")->required();
  return [shell](const Call&) -> Result<ExitStatus> {
    std::vector<CompletedCommand> described;
    for (const Command& command : commands()) described.push_back(completed(command));
    if (*shell == "bash") print(bash_completions(described));
    if (*shell == "zsh") print(zsh_completions(described));
    if (*shell == "fish") print(fish_completions(described));
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
