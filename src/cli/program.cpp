#include "cli/program.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include "base/interrupt.hpp"
#include "base/terminal.hpp"
#include "base/version.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "cli/suggestion.hpp"

namespace portwright::cli {
namespace {

std::string overview() {
  std::string text =
      "Judges whether an mlx-lm port of a transformers model is right.\n\n"
      "Usage: portwright COMMAND [OPTIONS]\n\nCommands:\n";
  for (const Command& command : commands()) text += fmt::format("  {:<12} {}\n", command.name, command.line);
  text +=
      "\nOptions:\n  --help       this list; 'portwright COMMAND --help' for one command\n"
      "  --version    the version of this program\n\n"
      "Example:\n  portwright test builtin:smollm2\n";
  return text;
}

Result<ExitStatus> run(const Command& command, const Call& call) {
  CLI::App app;
  const Body body = declare_command(command, app);
  const auto parsed = parse_words(app, {call.words.begin() + 2, call.words.end()});
  if (!parsed) return tl::unexpected<Error>(parsed.error());
  if (*parsed == Parsed::help) {
    print(help_text(command, app, terminal_of(STDOUT_FILENO).width));
    return ExitStatus::passed;
  }
  catch_interrupts();
  return body(call);
}

// The flag is read before the parse, so that a mistake in another option is also answered in JSON.
bool asks_for_json(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin(), end, "--json") != end;
}

ExitStatus report_error(const Error& error, bool json) {
  if (json) print_json(error_document(error));
  print_error(error);
  return exit_status(error.fault);
}

Result<ExitStatus> dispatch(const std::vector<std::string>& words, bool json) {
  if (words.size() < 2) return fail(Fault::input, "no command is given", "see 'portwright --help'");
  const std::string& name = words[1];
  if (name == "--version") {
    print(fmt::format("portwright {}\n", program_version()));
    return ExitStatus::passed;
  }
  if (name == "--help" || name == "-h" || name == "help") {
    print(overview());
    return ExitStatus::passed;
  }
  for (const Command& command : commands()) {
    if (command.name == name) return run(command, {words, json});
  }
  std::vector<std::string> known = command_names();
  known.insert(known.end(), {"--help", "--version"});
  return fail(Fault::input, fmt::format("there is no command '{}'", name),
              suggestion(name, known, "see 'portwright --help'"));
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  const bool json = asks_for_json(words);
  ExitStatus status = ExitStatus::broke;
  try {
    const Result<ExitStatus> result = dispatch(words, json);
    status = result ? *result : report_error(result.error(), json);
  } catch (const std::bad_alloc&) {
    status = report_error({Fault::environment, "this process could get no more memory", "", ""}, json);
  } catch (const std::exception& exception) {
    status = report_error({Fault::internal, "a mistake in portwright itself ended the command",
                           "please report it with the command and this text", exception.what()},
                          json);
  }
  if (const Status written = finish_output(); !written) {
    print_error(written.error());
    if (status == ExitStatus::passed) status = exit_status(written.error().fault);
  }
  return static_cast<int>(status);
}

}  // namespace portwright::cli
