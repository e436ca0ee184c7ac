#include "workspace/environment.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/files.hpp"
#include "workspace/installer.hpp"
#include "workspace/tested_set.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;
using From = WantedPackage::From;
using Versions = std::map<std::string, std::string>;

struct Requirements {
  fs::path folder;  // the project's own requirements files
  Versions tested;  // of the measured packages
};

Result<Requirements> read_requirements() {
  const auto data = data_folder();
  if (!data) return tl::unexpected<Error>(data.error());
  Requirements requirements{*data / "requirements", {}};
  const auto tested = read_tested_set(requirements.folder);
  if (!tested) return tl::unexpected<Error>(tested.error());
  for (const TestedPackage& package : *tested) requirements.tested[package.name] = package.version;
  return requirements;
}

Status refuse_foreign(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return {};
  if (!fs::is_directory(folder, error)) {
    return fail(Fault::input, fmt::format("{} is no folder", folder.string()), "name one that is not there yet");
  }
  if (fs::is_empty(folder, error) || how_made(folder) != Made::elsewhere) return {};
  return fail(Fault::input,
              fmt::format("{} holds something that portwright did not make, and is left alone", folder.string()),
              "name a folder that is not there yet, or remove it");
}

// What was made for the same request and is still as it was.
std::optional<MadeEnvironment> unchanged(const EnvironmentRequest& request) {
  if (how_made(request.folder) != Made::finished) return std::nullopt;
  const auto lock = read_lock(request.folder);
  if (!lock || !*lock || (*lock)->asked != to_json(request)) return std::nullopt;
  const auto python = inspect_python(request.folder / "bin" / "python");
  if (!python || !differences(**lock, *python).empty()) return std::nullopt;
  return MadeEnvironment{**lock, python->executable, true};
}

// Without the packages that are asked for by version anyway: pip would call one that its index lacks a conflict.
std::string without_asked(std::string_view lines, const EnvironmentRequest& request) {
  std::string kept;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const std::string_view name = line.substr(0, line.find("=="));
    if (name != request.mlx_lm.name && name != request.transformers.name && name != request.torch.name) {
      kept += std::string(line) + "\n";
    }
  }
  return kept;
}

// The whole tested set where nothing else is asked. Else only what decides numbers: the pins of what those need would
// stand in the way of other versions. MLX follows mlx-lm.
std::string constraints_for(const EnvironmentRequest& request, const Requirements& requirements,
                            const std::string& all) {
  if (request.mlx_lm.tested && request.transformers.tested && request.torch.tested) return without_asked(all, request);
  std::string lines;
  const auto pin = [&](const std::string& name, const std::string& version) {
    const auto found = requirements.tested.find(version);
    if (found != requirements.tested.end()) lines += fmt::format("{}=={}\n", name, found->second);
  };
  if (request.mlx_lm.tested) {
    pin("mlx", "mlx");
    pin("mlx-cpu", "mlx");
  }
  return lines;
}

void add_requirement(const WantedPackage& wanted, std::vector<std::string>& words) {
  if (wanted.from == From::index) {
    words.push_back(wanted.version.empty() ? wanted.name : wanted.name + "==" + wanted.version);
  } else {
    words.insert(words.end(), {"--editable", wanted.folder.string()});
  }
}

// The two libraries, what decides their numbers, MLX's backend, and what unpacks builtin:smollm2.
std::vector<std::string> requirement_words(const EnvironmentRequest& request) {
  std::vector<std::string> words;
  add_requirement(request.mlx_lm, words);
  add_requirement(request.transformers, words);
  add_requirement(request.torch, words);
#ifdef __linux__
  words.insert(words.end(), {"mlx[cpu]", "mlx-cpu"});
#else
  words.emplace_back("mlx");
#endif
  words.insert(words.end(), {"numpy", "safetensors", "gguf"});
  return words;
}

Status clone_what_is_asked(const EnvironmentRequest& request, const Said& said) {
  for (const WantedPackage* wanted : {&request.mlx_lm, &request.transformers}) {
    if (wanted->from != From::git) continue;
    said(fmt::format("checking out {} into {}", in_words(*wanted), wanted->folder.string()));
    std::error_code error;
    fs::create_directories(wanted->folder.parent_path(), error);
    if (auto done = check_out(wanted->folder, wanted->url, wanted->ref); !done) return done;
  }
  return {};
}

// pip has to be in the environment, uv does not; one of them may have made what the other is to change.
bool can_be_installed_into(const fs::path& folder, const Installer& installer) {
  const auto python = inspect_python(folder / "bin" / "python");
  return python && (installer.name() == "uv" || python->packages.contains("pip"));
}

// `whole`: an earlier call came to its end there.
Status install_everything(const EnvironmentRequest& request, const Requirements& requirements,
                          const Installer& installer, bool whole, const Said& said) {
  if (!whole || !can_be_installed_into(request.folder, installer)) {
    said(fmt::format("making {} with {}", request.folder.string(), installer.name() == "uv" ? "uv" : "venv and pip"));
    if (auto done = installer.make(request.folder); !done) return done;
  }
  const auto all = read_file(requirements.folder / "constraints.txt");
  if (!all) return tl::unexpected<Error>(all.error());
  const fs::path constraints = request.folder / "portwright-constraints.txt";
  if (auto done = write_file(constraints, constraints_for(request, requirements, *all)); !done) return done;
  if (auto done = clone_what_is_asked(request, said); !done) return done;
  said(fmt::format("installing {} (about 200 MB)", in_words(request.torch)));
  std::vector<std::string> torch;
  add_requirement(request.torch, torch);
  if (auto done = installer.install_torch(request.folder, constraints, torch.front()); !done) return done;
  said(fmt::format("installing {} and {}", in_words(request.mlx_lm), in_words(request.transformers)));
  return installer.install(request.folder, constraints, requirement_words(request));
}

Result<MadeEnvironment> locked(const EnvironmentRequest& request, const Installer& installer) {
  const auto python = inspect_python(request.folder / "bin" / "python");
  if (!python) return tl::unexpected<Error>(python.error());
  EnvironmentLock lock;
  lock.folder = request.folder;
  lock.asked = to_json(request);
  lock.made = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  lock.installer = installer.name();
  lock.python = python->version;
  lock.packages = python->packages;
  lock.checkouts = checkouts_of(*python);
  if (auto written = write_lock(lock); !written) return tl::unexpected<Error>(written.error());
  if (auto marked = mark(request.folder, Made::finished); !marked) return tl::unexpected<Error>(marked.error());
  return MadeEnvironment{std::move(lock), python->executable, false};
}

// The folder stays, marked: a repetition goes on with it.
Error half_made(Error error, const fs::path& folder) {
  const std::string stays = fmt::format("{} is half made and marked so: the same command goes on", folder.string());
  if (error.fault == Fault::interrupted) error.sentence = "interrupted";
  error.remedy += (error.remedy.empty() ? "" : "\n") + stays;
  return error;
}

}  // namespace

Result<MadeEnvironment> create_environment(const EnvironmentOptions& options, const Said& said) {
  const auto requirements = read_requirements();
  if (!requirements) return tl::unexpected<Error>(requirements.error());
  const auto request = environment_request(options, requirements->tested);
  if (!request) return tl::unexpected<Error>(request.error());
  if (auto ours = refuse_foreign(request->folder); !ours) return tl::unexpected<Error>(ours.error());
  if (auto made = unchanged(*request)) return *made;

  const auto installer = Installer::find();
  if (!installer) return tl::unexpected<Error>(installer.error());
  const auto lock = FolderLock::take(request->folder);
  if (!lock) return tl::unexpected<Error>(lock.error());
  const bool whole = how_made(request->folder) == Made::finished;
  if (auto begun = mark(request->folder, Made::unfinished); !begun) return tl::unexpected<Error>(begun.error());
  if (auto done = install_everything(*request, *requirements, *installer, whole, said); !done) {
    return tl::unexpected<Error>(half_made(done.error(), request->folder));
  }
  return locked(*request, *installer);
}

}  // namespace portwright::workspace
