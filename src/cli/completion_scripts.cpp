#include "cli/completion_scripts.hpp"

#include <fmt/format.h>

#include <string_view>

namespace portwright::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Inside single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// _arguments of zsh reads brackets and colons of a description.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') result += '\\';
    result += c;
  }
  return result;
}

std::string bash_values(const CompletedOption& option) {
  std::string text;
  if (!option.words.empty())
    text += fmt::format("COMPREPLY=($(compgen -W {} -- \"$word\"));", shell_quoted(joined(option.words)));
  if (option.files) text += " COMPREPLY+=($(compgen -f -- \"$word\"));";
  return text.empty() ? "COMPREPLY=();" : text;
}

std::string bash_command(const CompletedCommand& command) {
  std::string names;
  std::string values;
  std::string positional = "COMPREPLY=();";
  for (const CompletedOption& option : command.options) {
    if (option.name.empty()) {
      positional = bash_values(option);
      continue;
    }
    names += (names.empty() ? "" : " ") + option.name;
    if (option.takes_value) values += fmt::format("        {}) {} return ;;\n", option.name, bash_values(option));
  }
  std::string text = fmt::format("    {})\n", command.name);
  if (!values.empty()) text += fmt::format("      case $before in\n{}      esac\n", values);
  text += fmt::format("      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W {} -- \"$word\")); else {} fi ;;\n",
                      shell_quoted(names), positional);
  return text;
}

std::string zsh_action(const CompletedOption& option) {
  if (option.words.empty()) return option.files ? "_files" : " ";
  const std::string words = fmt::format("({})", joined(option.words));
  return option.files ? fmt::format("_alternative \"w:value:{}\" \"f:file:_files\"", zsh_text(words)) : words;
}

}  // namespace

std::string bash_completions(const std::vector<CompletedCommand>& commands) {
  std::string names;
  std::string cases;
  for (const CompletedCommand& command : commands) {
    names += command.name + " ";
    cases += bash_command(command);
  }
  return fmt::format(
      "# bash completion for portwright; made by 'portwright completions bash'\n"
      "_portwright() {{\n"
      "  local word before\n"
      "  COMPREPLY=()\n"
      "  word=${{COMP_WORDS[COMP_CWORD]}}\n"
      "  before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  if (( COMP_CWORD == 1 )); then COMPREPLY=($(compgen -W '{}--help --version' -- \"$word\")); return; fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}  esac\n"
      "}}\n"
      "complete -o filenames -F _portwright portwright\n",
      names, cases);
}

std::string zsh_completions(const std::vector<CompletedCommand>& commands) {
  std::string described;
  std::string cases;
  for (const CompletedCommand& command : commands) {
    described += fmt::format("    {}\n", shell_quoted(command.name + ":" + zsh_text(command.line)));
    cases += fmt::format("    {})\n      _arguments -s", command.name);
    for (const CompletedOption& option : command.options) {
      const std::string head = option.name.empty() ? "1" : fmt::format("{}[{}]", option.name, zsh_text(option.line));
      const std::string value = option.takes_value || option.name.empty() ? ":value:" + zsh_action(option) : "";
      cases += fmt::format(" \\\n        {}", shell_quoted(head + value));
    }
    cases += " ;;\n";
  }
  return fmt::format(
      "#compdef portwright\n"
      "# zsh completion for portwright; made by 'portwright completions zsh'\n"
      "local -a commands\n"
      "commands=(\n{}  )\n"
      "if (( CURRENT == 2 )); then\n"
      "  _describe command commands\n"
      "else\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case ${{words[1]}} in\n{}  esac\n"
      "fi\n",
      described, cases);
}

std::string fish_completions(const std::vector<CompletedCommand>& commands) {
  std::string text =
      "# fish completion for portwright; made by 'portwright completions fish'\n"
      "complete -c portwright -f\n";
  for (const CompletedCommand& command : commands) {
    text += fmt::format("complete -c portwright -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        shell_quoted(command.line));
    for (const CompletedOption& option : command.options) {
      text += fmt::format("complete -c portwright -n '__fish_seen_subcommand_from {}'", command.name);
      if (!option.name.empty()) text += fmt::format(" -l {} -d {}", option.name.substr(2), shell_quoted(option.line));
      if (option.takes_value && !option.name.empty()) text += " -r";
      if (!option.words.empty()) text += fmt::format(" -a {}", shell_quoted(joined(option.words)));
      text += option.files ? " -F\n" : "\n";
    }
  }
  return text;
}

}  // namespace portwright::cli
