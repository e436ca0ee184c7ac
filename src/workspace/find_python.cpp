#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/files.hpp"
#include "base/process.hpp"
#include "workspace/distributions.hpp"
#include "workspace/python.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

struct Candidate {
  fs::path executable;
  std::string why;
};

fs::path interpreter_of(const fs::path& environment) { return environment / "bin" / "python"; }

// The environment whose bin folder, or a package in which, the program lies.
fs::path own_environment() {
  for (fs::path folder = program_file().parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::exists(folder / "pyvenv.cfg", ignored) || fs::exists(folder / "conda-meta", ignored)) return folder;
  }
  return {};
}

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  const auto add = [&all](const fs::path& executable, const char* why) {
    const bool known = std::ranges::any_of(all, [&](const Candidate& one) { return one.executable == executable; });
    if (!executable.empty() && !known) all.push_back({executable, why});
  };
  const auto add_environment = [&add](const char* variable, const char* why) {
    const char* folder = std::getenv(variable);
    if (folder != nullptr && *folder != '\0') add(interpreter_of(folder), why);
  };
  add_environment("VIRTUAL_ENV", "the active virtual environment");
  add_environment("CONDA_PREFIX", "the active conda environment");
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (!error && fs::is_directory(here / ".venv", error))
    add(interpreter_of(here / ".venv"), ".venv in the current folder");
  if (const fs::path own = own_environment(); !own.empty()) {
    add(interpreter_of(own), "the environment portwright was installed into");
  }
  add(find_program("python3"), "python3 on PATH");
  return all;
}

std::string listed(const std::vector<Rejected>& rejected) {
  std::string text;
  for (const Rejected& one : rejected) text += fmt::format("{}: {}\n", one.executable.string(), one.why);
  return text;
}

}  // namespace

std::vector<fs::path> python_candidates() {
  std::vector<fs::path> executables;
  for (Candidate& candidate : candidates()) executables.push_back(std::move(candidate.executable));
  return executables;
}

Result<Choice> find_python(const std::string& package) {
  std::vector<Rejected> rejected;
  for (const Candidate& candidate : candidates()) {
    auto python = inspect_python(candidate.executable);
    if (!python && python.error().fault == Fault::interrupted) return tl::unexpected(python.error());
    if (!python) {
      rejected.push_back({candidate.executable, python.error().sentence});
    } else if (!python->packages.contains(normalised_name(package))) {
      rejected.push_back({candidate.executable, fmt::format("{}, but without {}", candidate.why, package)});
    } else {
      return Choice{*std::move(python), candidate.why, std::move(rejected)};
    }
  }
  return fail(Fault::environment, fmt::format("no Python with {} was found", package),
              "make an environment: portwright env create .venv; or name an interpreter with --python",
              listed(rejected));
}

Result<Choice> choose_python(const std::string& package, const fs::path& named) {
  if (named.empty()) return find_python(package);
  return inspect_python(named).map(
      [](Python python) { return Choice{std::move(python), "named on the command line", {}}; });
}

}  // namespace portwright::workspace
