#include "workspace/environment_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/files.hpp"
#include "workspace/distributions.hpp"
#include "workspace/environment_lock.hpp"
#include "workspace/installer.hpp"
#include "workspace/machine.hpp"
#include "workspace/requirement.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

// What decides the numbers of a run or cannot be done without.
constexpr std::array<const char*, 7> measured{"torch", "transformers", "mlx",       "mlx-lm",
                                              "numpy", "safetensors",  "tokenizers"};

fs::path environment_folder(const Python& python) { return python.executable.parent_path().parent_path(); }

std::string pip_of(const Python& python) { return python.executable.string() + " -m pip"; }

// "a; b; c and 4 more"
std::string few_of(const std::vector<std::string>& phrases) {
  constexpr std::size_t most = 5;
  const std::size_t shown = std::min(most, phrases.size());
  std::string text =
      fmt::format("{}", fmt::join(phrases.begin(), phrases.begin() + static_cast<std::ptrdiff_t>(shown), "; "));
  if (phrases.size() > shown) text += fmt::format("; and {} more", phrases.size() - shown);
  return text;
}

// The environment whose "lib/python3…" a folder is; the folder itself where it is none of that kind.
std::string root_of(const fs::path& site) {
  std::error_code error;
  std::string path = fs::weakly_canonical(site, error).string();
  for (const char* mark : {"/lib/python3", "/lib64/python3"}) {
    const std::size_t at = path.find(mark);
    if (at != std::string::npos) return path.substr(0, std::max<std::size_t>(at, 1));
  }
  return path;
}

int number_after(const std::string& text, std::size_t dots) {
  std::size_t begin = 0;
  for (; dots > 0; --dots) begin = std::min(text.find('.', begin), text.size() - 1) + 1;
  return std::atoi(text.c_str() + begin);
}

std::string version_of(const Python& python, const char* name) {
  const auto found = python.packages.find(name);
  return found == python.packages.end() ? "" : found->second;
}

// "cpython-311" of "_multiarray_umath.cpython-311-x86_64-linux-gnu.so"
std::string compiled_for(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const std::size_t at = name.find(".cpython-");
    if (name.starts_with("_multiarray_umath") && at != std::string::npos)
      return name.substr(at + 1, name.find('-', at + 9) - at - 1);
  }
  return {};
}

}  // namespace

std::vector<Finding> lock_findings(const Python& python) {
  const fs::path folder = environment_folder(python);
  const std::string again = fmt::format("portwright env create {}", folder.string());
  if (how_made(folder) == Made::unfinished) {
    return {{"environment.unfinished", Level::missing, fmt::format("{} was never finished", folder.string()), again}};
  }
  const auto lock = read_lock(folder);
  if (!lock) return {{"environment.lock", Level::warn, lock.error().sentence, lock.error().remedy}};
  if (!*lock) return {};
  const std::vector<std::string> different = differences(**lock, python);
  if (different.empty()) {
    return {{"environment.lock", Level::ok, fmt::format("as locked {}", (*lock)->made), ""}};
  }
  return {{"environment.lock", Level::warn,
           fmt::format("no longer as {} says: {}", lock_file_of(folder).filename().string(), few_of(different)),
           fmt::format("repeat the env create that made it ({} with its options)", again)}};
}

std::vector<Finding> editable_findings(const Python& python) {
  std::vector<Finding> findings;
  const auto distributions = find_distributions(python.site);
  for (const auto& [name, distribution] : distributions) {
    const fs::path& folder = distribution.editable;
    if (folder.empty()) continue;
    std::error_code error;
    std::string package = name;
    std::ranges::replace(package, '-', '_');
    std::string wrong;
    if (!fs::is_directory(folder, error)) {
      wrong = "which is gone";
    } else if (find_package(package, {}, {{name, distribution}}).empty() &&
               (name == "mlx-lm" || name == "transformers")) {
      wrong = fmt::format("where no package {} is", package);
    }
    if (wrong.empty()) continue;
    findings.push_back({"environment.editable." + name, Level::missing,
                        fmt::format("{} is installed from {}, {}", name, folder.string(), wrong),
                        fmt::format("{} install {}, or -e with the folder of a checkout", pip_of(python), name)});
  }
  return findings;
}

std::vector<Finding> mixture_findings(const Python& python) {
  std::vector<Finding> findings;
  std::map<std::string, std::vector<std::string>> by_root;
  std::map<std::string, std::vector<std::string>> copies;
  std::set<std::string> seen;
  for (const auto& [name, distribution] : list_distributions(python.site)) {
    if (std::ranges::find(measured, name) == measured.end()) continue;
    copies[name].push_back(fmt::format("{} in {}", distribution.version, distribution.metadata.parent_path().string()));
    // An editable checkout may carry metadata of its own, beside that of the environment: the same installation.
    if (seen.insert(name).second) by_root[root_of(distribution.metadata.parent_path())].push_back(name);
  }
  if (by_root.size() > 1) {
    std::vector<std::string> phrases;
    phrases.reserve(by_root.size());
    for (const auto& [root, names] : by_root)
      phrases.push_back(fmt::format("{} from {}", fmt::join(names, ", "), root));
    findings.push_back({"environment.mixed", Level::warn,
                        fmt::format("packages of several environments are mixed: {}", few_of(phrases)),
                        "portwright env create makes one that sees no other"});
  }
  const auto distributions = find_distributions(python.site);
  for (const auto& [name, places] : copies) {
    const bool editable = !distributions.at(name).editable.empty();
    if (places.size() < 2 || editable) continue;
    findings.push_back(
        {"environment.twice." + name, Level::warn,
         fmt::format("{} is there {} times, and the first is used: {}", name, places.size(), few_of(places)),
         fmt::format("{} uninstall {}, until none is left; then install it once", pip_of(python), name)});
  }
  return findings;
}

std::vector<Finding> cuda_findings(const Python& python, bool has_gpu) {
  std::vector<std::string> names;
  std::uint64_t bytes = 0;
  for (const auto& [name, version] : python.packages) {
    if (name.starts_with("nvidia-")) names.push_back(name);
  }
  const bool cuda_build = version_of(python, "torch").find("+cu") != std::string::npos;
  if (has_gpu || (names.empty() && !cuda_build)) return {};
  for (const fs::path& site : python.site) bytes += folder_size(site / "nvidia");
  std::string sentence = fmt::format("torch {} brings CUDA", version_of(python, "torch"));
  if (!names.empty()) sentence += fmt::format(" ({} packages, {})", names.size(), bytes_text(bytes));
  return {{"package.torch.cuda", Level::warn, sentence + ", and there is no GPU here",
           "portwright env create takes the CPU build of torch"}};
}

std::vector<Finding> numpy_findings(const Python& python) {
  const std::string numpy = version_of(python, "numpy");
  if (numpy.empty()) return {};
  const std::string wanted = fmt::format("cpython-3{}", number_after(python.version, 1));
  for (const fs::path& site : python.site) {
    std::string built = compiled_for(site / "numpy" / "_core");
    if (built.empty()) built = compiled_for(site / "numpy" / "core");
    if (built.empty()) continue;
    if (built == wanted) break;
    return {{"package.numpy.abi", Level::missing,
             fmt::format("numpy in {} is compiled for {}, and this is Python {}", site.string(), built, python.version),
             fmt::format("{} install --force-reinstall numpy=={}", pip_of(python), numpy)}};
  }
  // numpy 2 changed what compiled code sees of an array; torch is compiled against it from 2.3 on.
  const std::string torch = version_of(python, "torch");
  const bool old_torch =
      !torch.empty() && (number_after(torch, 0) < 2 || (number_after(torch, 0) == 2 && number_after(torch, 1) < 3));
  if (number_after(numpy, 0) < 2 || !old_torch) return {};
  return {{"package.numpy.abi", Level::missing,
           fmt::format("torch {} is compiled against numpy 1 and cannot use numpy {}", torch, numpy),
           fmt::format("{} install \"numpy<2\", or a newer torch", pip_of(python))}};
}

std::vector<Finding> requirement_findings(const Python& python) {
  const auto distributions = find_distributions(python.site);
  std::map<std::string, std::vector<std::string>> wrong;
  if (distributions.contains("transformers")) {
    for (const char* needed : {"jinja2", "tokenizers"}) {
      if (!distributions.contains(needed)) wrong[needed].emplace_back("templates and texts need it");
    }
  }
  for (const char* name : measured) {
    const auto found = distributions.find(name);
    if (found == distributions.end()) continue;
    for (const std::string& text : found->second.needs) {
      const auto need = parse_requirement(text);
      if (!need || !need->marker.empty()) continue;
      const auto there = python.packages.find(need->name);
      // A measured package that is missing has a finding of its own.
      if (there == python.packages.end() && std::ranges::find(measured, need->name) != measured.end()) continue;
      if (there != python.packages.end() && need->satisfied_by(there->second).value_or(true)) continue;
      wrong[need->name].push_back(fmt::format("{} needs {}{}", name, need->name, fmt::join(need->bounds, ",")));
    }
  }
  std::vector<Finding> findings;
  for (const auto& [name, whys] : wrong) {
    const auto there = python.packages.find(name);
    const bool missing = there == python.packages.end();
    findings.push_back({"needs." + name, missing ? Level::missing : Level::warn,
                        fmt::format("{}: {}", missing ? "not installed" : there->second, few_of(whys)),
                        fmt::format("{} install {}", pip_of(python), name)});
  }
  return findings;
}

std::vector<Finding> environment_findings(const Python& python) {
  std::vector<Finding> all;
  for (auto&& some : {lock_findings(python), editable_findings(python), mixture_findings(python),
                      cuda_findings(python, has_nvidia_gpu()), numpy_findings(python), requirement_findings(python)}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace portwright::workspace
