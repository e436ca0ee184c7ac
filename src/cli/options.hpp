// Options with what CLI11 does not say by itself: the words an option takes, and suggestions for a slip in one.
// The type name of an option ("FILE", "DIR", "EXE", "MODEL", "quick|default|full") is also what shells complete from.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace portwright::cli {

// An option or positional that takes one of `words`.
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value, std::vector<std::string> words,
                        const std::string& description);

// Every "--name" of the parser.
[[nodiscard]] std::vector<std::string> option_names(const CLI::App& app);

enum class Parsed { options, help };  // `help`: --help was among the words, nothing else counts

// Parses `words` (without program and command). Unknown options are refused with the nearest known one.
[[nodiscard]] Result<Parsed> parse_words(CLI::App& app, const std::vector<std::string>& words);

}  // namespace portwright::cli
