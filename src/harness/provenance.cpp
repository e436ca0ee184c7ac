#include "harness/provenance.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/version.hpp"
#include "workspace/git.hpp"

namespace portwright::harness {
namespace {

using workspace::git_answer;

// The port's commit where its file lies in a checkout that tracks it.
void add_commit(Json& port, const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path();
  port["commit"] = nullptr;
  port["dirty"] = nullptr;
  port["patch_sha256"] = nullptr;
  if (git_answer(folder, {"ls-files", "--error-unmatch", file.filename().string()}).empty()) return;
  port["commit"] = git_answer(folder, {"rev-parse", "HEAD"});
  const std::string patch = git_answer(folder, {"diff", "HEAD"});
  port["dirty"] = !patch.empty();
  if (!patch.empty()) port["patch_sha256"] = sha256_hex(patch);
}

// Modules of mlx-lm that ports share: a change in one of them changes the port.
constexpr std::array shared_modules{"base", "activations", "rope_utils",  "cache",   "switch_layers",
                                    "mla",  "ssm",         "gated_delta", "pipeline"};

}  // namespace

Json port_provenance(const std::filesystem::path& loaded_file) {
  Json port{{"file", loaded_file.empty() ? Json() : Json(loaded_file.string())}, {"sha256", nullptr}};
  port["commit"] = port["dirty"] = port["patch_sha256"] = nullptr;
  port["shared_modules"] = Json::array();
  if (loaded_file.empty()) return port;
  if (const auto hash = sha256_file(loaded_file)) port["sha256"] = *hash;
  add_commit(port, loaded_file);
  for (const char* module : shared_modules) {
    const std::filesystem::path file = loaded_file.parent_path() / (std::string(module) + ".py");
    if (const auto hash = sha256_file(file)) {
      port["shared_modules"].push_back({{"path", file.filename().string()}, {"sha256", *hash}});
    }
  }
  return port;
}

Json environment_provenance(const Machine& machine, const Json& reference_greeting, const Json& port_greeting) {
  const auto& reference = machine.interpreters.reference.python;
  const auto& port = machine.interpreters.port.python;
  const auto version = [](const workspace::Python& python, const std::string& package) {
    const auto found = python.packages.find(package);
    return found == python.packages.end() ? Json() : Json(found->second);
  };
  utsname system{};
  uname(&system);
  Json environment{{"portwright", program_version()},
                   {"mlx", version(port, "mlx")},
                   {"mlx_lm", version(port, "mlx-lm")},
                   {"transformers", version(reference, "transformers")},
                   {"torch", version(reference, "torch")},
                   {"python", port.version},
                   {"platform", fmt::format("{} {} {}", std::data(system.sysname), std::data(system.release),
                                            std::data(system.machine))},
                   {"backend", port_greeting.value("backend", "cpu")},
                   {"blas", port_greeting.value("blas", machine.blas.description)},
                   {"threads", machine.threads}};
  environment["sandbox"] = machine.sandbox.description;
  environment["reference_python"] = reference.executable.string();
  environment["port_python"] = port.executable.string();
  environment["reference_backend"] = reference_greeting.value("backend", "cpu");
  environment["packages"] = Json::array();
  for (const auto& [name, installed] : port.packages) environment["packages"].push_back(name + "==" + installed);
  return environment;
}

Result<std::string> reference_versions(const Machine& machine) {
  const auto data = data_folder();
  if (!data) return tl::unexpected<Error>(data.error());
  std::vector<std::filesystem::path> sources;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*data / "probes", error)) {
    if (entry.path().extension() == ".py") sources.push_back(entry.path());
  }
  std::sort(sources.begin(), sources.end());
  const auto probes = xxh128_files(sources);
  if (!probes) return tl::unexpected<Error>(probes.error());
  std::string versions = "threads " + std::to_string(machine.threads) + " probes " + *probes;
  for (const char* package : {"torch", "transformers", "tokenizers", "numpy"}) {
    const auto& packages = machine.interpreters.reference.python.packages;
    const auto found = packages.find(package);
    versions += std::string(" ") + package + "==" + (found == packages.end() ? "none" : found->second);
  }
  return versions;
}

std::string made_with(const std::string& reference_versions) { return xxh128_hex(reference_versions).substr(0, 8); }

}  // namespace portwright::harness
