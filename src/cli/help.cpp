#include "cli/help.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "cli/print.hpp"

namespace portwright::cli {
namespace {

constexpr std::size_t name_columns = 30;

std::string name_of(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::string text = "--" + option.get_lnames().front();
  if (const std::string value = value_name(option); !value.empty()) text += " " + value;
  return text;
}

std::string usage_of(const CLI::App& app) {
  std::string text = app.get_name();
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true);
    text += option->get_required() ? " " + name : fmt::format(" [{}]", name);
  }
  return text + " [OPTIONS]";
}

std::string list_of(const CLI::App& app, bool positional, int width) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() != positional) continue;
    text += hanging(fmt::format("  {:<{}}  ", name_of(*option), name_columns), option->get_description(), width);
  }
  return text;
}

std::string examples_of(const Command& command) {
  std::string text;
  std::string_view rest = command.examples;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    text += fmt::format("  {}\n", rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return text;
}

}  // namespace

std::string value_name(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  // CLI11 adds what a check says of itself, after a colon.
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

std::string help_text(const Command& command, const CLI::App& app, int width) {
  std::string text = fmt::format("portwright {}: {}\n\nUsage: {}\n", command.name, command.line, usage_of(app));
  if (const std::string positionals = list_of(app, true, width); !positionals.empty()) text += "\n" + positionals;
  text += fmt::format("\nOptions:\n{}\nExample:\n{}", list_of(app, false, width), examples_of(command));
  return text;
}

}  // namespace portwright::cli
