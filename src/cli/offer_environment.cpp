#include "cli/offer_environment.hpp"

#include <unistd.h>

#include <iostream>
#include <string>

#include "workspace/environment.hpp"
#include "workspace/python.hpp"

namespace portwright::cli {
namespace {

constexpr const char* offered_folder = ".venv";

// The environments that a run would choose by itself, and none of them has what a side needs.
bool none_is_there(const harness::TestSettings& settings) {
  return (settings.port_python.empty() && !workspace::find_python("mlx-lm")) ||
         (settings.reference_python.empty() && !workspace::find_python("transformers"));
}

bool says_yes() {
  std::cerr << "There is no environment with mlx-lm and transformers here.\n"
            << "Make one with: portwright env create " << offered_folder << " (more than 1 GB, some minutes)? [y/N] "
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

Result<bool> made_an_environment(const Error& error, const harness::TestSettings& settings, bool json) {
  const bool somebody_is_there = !json && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  if (error.fault != Fault::environment || !somebody_is_there || !none_is_there(settings) || !says_yes()) return false;
  const auto made = workspace::create_environment({offered_folder, "", "", ""}, [](const std::string& line) {
    std::cerr << line << "\n" << std::flush;
  });
  if (!made) return tl::unexpected<Error>(made.error());
  return true;
}

}  // namespace portwright::cli
