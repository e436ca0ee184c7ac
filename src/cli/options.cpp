#include "cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "cli/suggestion.hpp"

namespace portwright::cli {
namespace {

bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-' && std::isdigit(static_cast<unsigned char>(word[1])) == 0;
}

// The command's own name, for the beginning of a sentence.
std::string command_of(const CLI::App& app) {
  const std::string& name = app.get_name();
  return name.substr(name.find(' ') + 1);
}

std::string see_help(const CLI::App& app) { return fmt::format("see '{} --help'", app.get_name()); }

// CLI11 reports what is missing before what is unknown, so a mistyped option would read as a missing argument.
Status refuse_unknown_options(const CLI::App& app, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") break;
    const std::string option = word.substr(0, word.find('='));
    if (!looks_like_option(word) || app.get_option_no_throw(option) != nullptr) continue;
    return fail(Fault::input, fmt::format("{} has no option '{}'", command_of(app), option),
                suggestion(option, option_names(app), see_help(app)));
  }
  return {};
}

}  // namespace

CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value, std::vector<std::string> words,
                        const std::string& description) {
  const std::string type = fmt::format("{}", fmt::join(words, "|"));
  const auto check = [words](const std::string& given) -> std::string {
    if (std::find(words.begin(), words.end(), given) != words.end()) return {};
    return fmt::format("it takes {}, not '{}'{}", fmt::join(words, ", "), given, suggestion(given, words, ""));
  };
  return app.add_option(name, value, description)->type_name(type)->check(check);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

Result<Parsed> parse_words(CLI::App& app, const std::vector<std::string>& words) {
  if (auto known = refuse_unknown_options(app, words); !known) return tl::unexpected<Error>(known.error());
  try {
    // CLI11 takes the words last first.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return Parsed::help;
  } catch (const CLI::ExtrasError&) {
    return fail(Fault::input, fmt::format("{} has no use for '{}'", command_of(app), app.remaining().front()),
                see_help(app));
  } catch (const CLI::ParseError& error) {
    return fail(Fault::input, fmt::format("{}: {}", command_of(app), error.what()), see_help(app));
  }
  return Parsed::options;
}

}  // namespace portwright::cli
