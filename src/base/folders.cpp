// Where the program, its data and its cache are.
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#ifdef __APPLE__
#include <mach-o/dyld.h>

#include <array>
#endif

#include "base/files.hpp"

namespace portwright {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

fs::path home_folder() {
  if (const std::string home = environment("HOME"); !home.empty()) return home;
  if (const passwd* user = ::getpwuid(::getuid()); user != nullptr && user->pw_dir != nullptr) return user->pw_dir;
  return {};
}

bool holds_data(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "probes" / "portwright_probes", ignored) &&
         fs::is_directory(folder / "schemas", ignored);
}

// A build folder may lie anywhere; CMake's cache in it names the source tree.
fs::path source_of_build(const fs::path& build) {
  std::ifstream cache(build / "CMakeCache.txt");
  constexpr std::string_view key = "CMAKE_HOME_DIRECTORY:INTERNAL=";
  for (std::string line; std::getline(cache, line);) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {};
}

}  // namespace

fs::path cache_folder() {
  if (const std::string chosen = environment("PORTWRIGHT_CACHE"); !chosen.empty()) return fs::absolute(chosen);
  // The XDG specification says that a relative path is to be ignored.
  if (const fs::path base = environment("XDG_CACHE_HOME"); base.is_absolute()) return base / "portwright";
  const fs::path home = home_folder();
  if (home.empty()) return fs::temp_directory_path() / ("portwright-cache-" + std::to_string(::getuid()));
#ifdef __APPLE__
  return home / "Library" / "Caches" / "portwright";
#else
  return home / ".cache" / "portwright";
#endif
}

fs::path program_file() {
  std::error_code error;
#ifdef __APPLE__
  std::array<char, 4096> buffer{};
  auto size = static_cast<std::uint32_t>(buffer.size());
  if (_NSGetExecutablePath(buffer.data(), &size) != 0) return {};
  return fs::canonical(buffer.data(), error);
#else
  return fs::read_symlink("/proc/self/exe", error);
#endif
}

Result<fs::path> data_folder() {
  if (const std::string chosen = environment("PORTWRIGHT_DATA"); !chosen.empty()) {
    if (holds_data(chosen)) return fs::absolute(chosen);
    return fail(Fault::environment, "PORTWRIGHT_DATA names " + chosen + ", which does not hold probes and schemas",
                "unset it, or name the folder that holds both");
  }

  // From the program upwards: a wheel (portwright/bin/portwright beside portwright/probes), an installed tree
  // (bin/portwright and share/portwright), a build folder inside the source tree (build/portwright,
  // build/debug/portwright).
  constexpr int levels = 4;
  const fs::path program = program_file();
  fs::path folder = program.parent_path();
  for (int level = 0; level < levels && !folder.empty(); ++level) {
    for (const fs::path& candidate : {folder, folder / "share" / "portwright", source_of_build(folder)}) {
      if (!candidate.empty() && holds_data(candidate)) return candidate;
    }
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return fail(Fault::environment, "the probes that belong to " + program.string() + " were not found beside it",
              "install portwright again, or set PORTWRIGHT_DATA to the folder that holds probes and schemas");
}

}  // namespace portwright
