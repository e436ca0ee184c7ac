#include "workspace/installer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include "base/files.hpp"
#include "base/process.hpp"
#include "workspace/installer_failure.hpp"
#include "workspace/python.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr std::chrono::hours longest_installation{4};
constexpr int least_minor = 10;  // transformers and mlx-lm ask for Python 3.10

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Whoever names an index of their own has decided where torch comes from.
bool names_own_index() {
  constexpr std::array settings{
      "UV_TORCH_BACKEND", "UV_INDEX",   "UV_INDEX_URL",       "UV_DEFAULT_INDEX", "UV_FIND_LINKS",
      "UV_NO_INDEX",      "UV_OFFLINE", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE",   "PORTWRIGHT_TORCH_INDEX"};
  return std::any_of(settings.begin(), settings.end(), [](const char* name) { return !setting(name).empty(); });
}

Result<Finished> ran(const Words& command) {
  return run_command(command, longest_installation, {{"LC_ALL", "C.UTF-8"}});
}

Status must_run(const Words& command, const std::string& what) {
  const auto done = ran(command);
  if (!done) return tl::unexpected<Error>(done.error());
  if (done->status != 0) return tl::unexpected<Error>(installer_failure(what, *done));
  return {};
}

bool is_new_enough(const std::string& version) {
  int minor = 0;
  constexpr std::string_view three = "3.";
  if (!version.starts_with(three)) return false;
  std::from_chars(version.data() + three.size(), version.data() + version.size(), minor);
  return minor >= least_minor;
}

std::string python_of(const fs::path& environment) { return (environment / "bin" / "python").string(); }

}  // namespace

bool has_nvidia_gpu() {
  std::error_code ignored;
  return fs::exists("/dev/nvidia0", ignored) && !find_program("nvidia-smi").empty();
}

Result<Installer> Installer::find() {
  Installer installer;
  installer.uv_ = find_program("uv");
  const std::string named = setting("PORTWRIGHT_PYTHON");
  installer.python_ = find_program(named.empty() ? "python3" : named);
  const std::string which = named.empty() ? "python3 on PATH" : "PORTWRIGHT_PYTHON=" + named;
  if (installer.python_.empty()) {
    return fail(Fault::environment, fmt::format("there is no {} to make an environment from", which),
                "install Python 3.11, or name one: PORTWRIGHT_PYTHON=EXE");
  }
  const auto python = inspect_python(installer.python_);
  if (!python) return tl::unexpected<Error>(python.error());
  if (!is_new_enough(python->version)) {
    return fail(
        Fault::environment,
        fmt::format("{} is Python {}; mlx-lm and transformers need 3.{} or newer", which, python->version, least_minor),
        "name a newer one: PORTWRIGHT_PYTHON=EXE");
  }
  return installer;
}

Status Installer::make(const fs::path& environment) const {
  Words command{python_, "-m", "venv", environment.string()};
  if (!uv_.empty()) {
    command = {uv_, "venv", "--allow-existing"};
    if (setting("UV_PYTHON").empty()) command.insert(command.end(), {"--python", python_});
    command.push_back(environment.string());
  }
  return must_run(command, "make the environment");
}

Words Installer::install_words(const fs::path& environment, const fs::path& constraints) const {
  Words words{python_of(environment), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"};
  if (!uv_.empty()) words = {uv_, "pip", "install", "--python", python_of(environment)};
  words.insert(words.end(), {"--constraint", constraints.string()});
  return words;
}

Status Installer::install(const fs::path& environment, const fs::path& constraints, const Words& requirements) const {
  Words command = install_words(environment, constraints);
#ifdef __linux__
  if (!uv_.empty() && !names_own_index() && !has_nvidia_gpu()) command.emplace_back("--torch-backend=cpu");
#endif
  command.insert(command.end(), requirements.begin(), requirements.end());
  return must_run(command, "install the packages");
}

Result<bool> Installer::would_bring_cuda(const fs::path& environment, Words command) const {
  const fs::path report = environment / "portwright-report.json";
  command.emplace_back("--dry-run");
  if (uv_.empty()) command.insert(command.end(), {"--report", report.string()});
  const auto done = ran(command);
  if (!done) return tl::unexpected<Error>(done.error());
  if (done->status != 0) return tl::unexpected<Error>(installer_failure("find torch", *done));
  // uv lists " + nvidia-…" as it goes, pip writes a report.
  if (!uv_.empty()) return done->errors.find("+ nvidia-") != std::string::npos;
  const auto listed = read_json(report);
  std::error_code ignored;
  fs::remove(report, ignored);
  if (!listed || !listed->contains("install")) return false;
  for (const Json& package : (*listed)["install"]) {
    if (package.value("/metadata/name"_json_pointer, "").starts_with("nvidia-")) return true;
  }
  return false;
}

Status Installer::install_torch(const fs::path& environment, const fs::path& constraints,
                                const std::string& requirement) const {
  Words command = install_words(environment, constraints);
  const std::string index = setting("PORTWRIGHT_TORCH_INDEX");
  if (!index.empty()) command.insert(command.end(), {"--index-url", index});
#ifdef __linux__
  if (!uv_.empty() && !names_own_index() && !has_nvidia_gpu()) command.emplace_back("--torch-backend=cpu");
#endif
  command.push_back(requirement);
#ifdef __linux__
  if (setting("PORTWRIGHT_ALLOW_CUDA_TORCH") != "1" && !has_nvidia_gpu()) {
    const auto cuda = would_bring_cuda(environment, command);
    if (!cuda) return tl::unexpected<Error>(cuda.error());
    if (*cuda) {
      return fail(Fault::environment,
                  fmt::format("this package index has {} only with CUDA: gigabytes that nothing uses without a GPU",
                              requirement),
                  "install uv, which finds the CPU build; or name an index that has it: PORTWRIGHT_TORCH_INDEX=URL; or "
                  "take it all the same: PORTWRIGHT_ALLOW_CUDA_TORCH=1");
    }
  }
#endif
  return must_run(command, "install torch");
}

}  // namespace portwright::workspace
