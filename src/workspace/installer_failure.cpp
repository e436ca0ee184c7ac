#include "workspace/installer_failure.hpp"

#include <fmt/format.h>

#include <array>

#include "workspace/last_lines.hpp"

namespace portwright::workspace {
namespace {

struct Row {
  std::string_view sign;  // in what pip, uv or venv print
  Fault fault;
  std::string_view reason;
  std::string_view remedy;
};

constexpr std::string_view no_network = "the package index cannot be reached";
constexpr std::string_view about_network =
    "look at the network, and at the settings of pip or uv (PIP_INDEX_URL, UV_INDEX_URL, a proxy); then repeat the "
    "command";
constexpr std::string_view no_venv = "this Python cannot make virtual environments: its venv package is missing";
constexpr std::string_view about_venv = "apt-get install python3-venv, or install uv; then repeat the command";
constexpr std::string_view no_version = "the package index has no such version";
constexpr std::string_view about_version = "name a version that is there, and one that this Python can have";
constexpr std::string_view no_solution = "the versions that were asked for do not go together";
constexpr std::string_view about_solution = "ask for other versions; what stands in the way is above";

// The first that fits counts: without a network pip ends with "no matching distribution".
constexpr std::array rows{
    Row{"No space left on device", Fault::environment, "the disk is full",
        "free some space there (an environment takes more than 1 GB), then repeat the command"},
    Row{"os error 28", Fault::environment, "the disk is full",
        "free some space there (an environment takes more than 1 GB), then repeat the command"},
    Row{"Disk quota exceeded", Fault::environment, "the disk is full",
        "free some space there (an environment takes more than 1 GB), then repeat the command"},
    Row{"ensurepip is not", Fault::environment, no_venv, about_venv},
    Row{"No module named venv", Fault::environment, no_venv, about_venv},
    Row{"No module named ensurepip", Fault::environment, no_venv, about_venv},
    Row{"Permission denied", Fault::input, "permission denied", "check its owner and rights, or name another folder"},
    Row{"name resolution", Fault::environment, no_network, about_network},
    Row{"Name or service not known", Fault::environment, no_network, about_network},
    Row{"NewConnectionError", Fault::environment, no_network, about_network},
    Row{"Network is unreachable", Fault::environment, no_network, about_network},
    Row{"Connection refused", Fault::environment, no_network, about_network},
    Row{"ProxyError", Fault::environment, no_network, about_network},
    Row{"timed out", Fault::environment, no_network, about_network},
    Row{"dns error", Fault::environment, no_network, about_network},
    Row{"error sending request", Fault::environment, no_network, about_network},
    Row{"ResolutionImpossible", Fault::input, no_solution, about_solution},
    Row{"conflicting dependencies", Fault::input, no_solution, about_solution},
    Row{"No matching distribution found", Fault::input, no_version, about_version},
    Row{"there is no version of", Fault::input, no_version, about_version},
    Row{"not found in the package registry", Fault::input, no_version, about_version},
    Row{"No solution found", Fault::input, no_solution, about_solution},
};

}  // namespace

Error installer_failure(const std::string& what, const Finished& finished) {
  const std::string said = finished.output + "\n" + finished.errors;
  std::string detail =
      last_lines(finished.errors.find_first_not_of(" \n") == std::string::npos ? finished.output : finished.errors);
  for (const Row& row : rows) {
    if (said.find(row.sign) == std::string::npos) continue;
    return {row.fault, fmt::format("could not {}: {}", what, row.reason), std::string(row.remedy), std::move(detail)};
  }
  return {Fault::environment, fmt::format("could not {}: the installer ended with status {}", what, finished.status),
          "see what it says, then repeat the command", std::move(detail)};
}

}  // namespace portwright::workspace
