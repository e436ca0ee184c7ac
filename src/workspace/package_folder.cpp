#include "workspace/package_folder.hpp"

#include <vector>

#include "workspace/python.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

// Of a virtual or conda environment alone: there, lib/pythonX.Y/site-packages is searched, whatever else is.
fs::path usual_place(const fs::path& executable, const std::string& package) {
  std::error_code ignored;
  const fs::path environment =
      fs::is_directory(executable, ignored) ? executable : executable.parent_path().parent_path();
  if (!fs::exists(environment / "pyvenv.cfg", ignored) && !fs::is_directory(environment / "conda-meta", ignored))
    return {};
  fs::path found;
  fs::directory_iterator entry(environment / "lib", ignored);
  for (; !ignored && entry != fs::directory_iterator(); entry.increment(ignored)) {
    const fs::path folder = entry->path() / "site-packages" / package;
    std::error_code missing;
    if (!entry->path().filename().string().starts_with("python3") || !fs::exists(folder / "__init__.py", missing))
      continue;
    if (!found.empty()) return {};  // of two versions only the interpreter knows its own
    found = folder;
  }
  return found;
}

const fs::path& folder_in(const Python& python, const std::string& package) {
  return package == "mlx_lm" ? python.mlx_lm : python.transformers;
}

}  // namespace

Result<fs::path> package_folder(const std::string& package, const fs::path& executable) {
  if (executable.empty()) {
    for (const fs::path& candidate : python_candidates()) {
      if (fs::path found = usual_place(candidate, package); !found.empty()) return found;
      const auto python = inspect_python(candidate);
      if (!python && python.error().fault == Fault::interrupted) return tl::unexpected<Error>(python.error());
      if (python && !folder_in(*python, package).empty()) return folder_in(*python, package);
    }
    return fs::path();
  }
  if (fs::path found = usual_place(executable, package); !found.empty()) return found;
  const auto python = inspect_python(executable);
  if (!python) return tl::unexpected<Error>(python.error());
  return folder_in(*python, package);
}

}  // namespace portwright::workspace
