// The program without its main: words in, exit status out.
#pragma once

#include <string>
#include <vector>

namespace portwright::cli {

// `words` as main gets them, the program's name first. Prints to standard output and error.
[[nodiscard]] int run_program(const std::vector<std::string>& words);

}  // namespace portwright::cli
