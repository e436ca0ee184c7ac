#include "workspace/blas.hpp"

#include <fmt/format.h>

#include <chrono>
#include <regex>
#include <vector>

#include "base/files.hpp"
#include "base/process.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

constexpr const char* wheel = "scipy-openblas32";

bool is_file(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored);
}

// Distributions name the file behind the links after the version: libopenblasp-r0.3.21.so, libopenblas.so.0.3.
std::string version_of(const fs::path& library) {
  std::error_code error;
  const fs::path real = fs::canonical(library, error);
  const std::string name = error ? library.filename().string() : real.filename().string();
  static const std::regex pattern(R"((\d+\.\d+(\.\d+)?))");
  std::smatch match;
  return std::regex_search(name, match, pattern) ? match[1].str() : "";
}

std::string named(const std::string& version, const std::string& where) {
  return version.empty() ? fmt::format("OpenBLAS ({})", where) : fmt::format("OpenBLAS {} ({})", version, where);
}

// As Debian and Fedora install it. The variants with threads come first; all of them hold CBLAS and LAPACK.
std::vector<fs::path> usual_places() {
#if defined(__aarch64__)
  const fs::path debian = "/usr/lib/aarch64-linux-gnu";
#else
  const fs::path debian = "/usr/lib/x86_64-linux-gnu";
#endif
  std::vector<fs::path> places;
  for (const char* variant : {"pthread", "openmp", "serial"}) {
    places.push_back(debian / fmt::format("openblas-{}", variant) / "libopenblas.so.0");
  }
  for (const char* variant : {"p", "o", ""}) places.emplace_back(fmt::format("/usr/lib64/libopenblas{}.so.0", variant));
  return places;
}

// "	libopenblas.so.0 (libc6,x86-64) => /lib/x86_64-linux-gnu/libopenblas.so.0"
fs::path from_linker_cache() {
  for (const char* program : {"ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"}) {
    const auto listed = run_command({program, "-p"}, std::chrono::seconds(10));
    if (!listed || listed->status != 0) continue;
    static const std::regex line(R"(\s(libopenblas\S*) \(.*64.*\) => (\S+))");
    std::smatch match;
    if (std::regex_search(listed->output, match, line) && is_file(match[2].str())) return match[2].str();
  }
  return {};
}

fs::path system_library() {
  for (const fs::path& place : usual_places()) {
    if (is_file(place)) return place;
  }
  return from_linker_cache();
}

// It finds the wheel by a path that it was built with, which must be this Python's.
bool forwards_to(const fs::path& library, const Python& python) {
  const auto bytes = read_file(library);
  if (!bytes) return false;
  for (const fs::path& site : python.site) {
    if (bytes->find((site / "scipy_openblas32").string()) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Blas find_blas(const Python& python) {
#ifdef __APPLE__
  static_cast<void>(python);
  return {.library = {}, .description = "Accelerate (macOS)", .remedy = {}};
#else
  if (const fs::path library = system_library(); !library.empty()) {
    return {.library = library, .description = named(version_of(library), library.string()), .remedy = {}};
  }
  const fs::path folder = cache_folder() / "blas";
  const fs::path forward = folder / "libopenblas_forward.so";
  const auto version = python.packages.find(wheel);
  if (version != python.packages.end() && is_file(forward) && forwards_to(forward, python)) {
    return {.library = forward,
            .description = named(version->second, fmt::format("{} through {}", wheel, forward.string())),
            .remedy = {}};
  }
  return {.library = {},
          .description = "none found: float32 products are about 30 times slower",
          .remedy = version == python.packages.end() ? "apt-get install libopenblas0-pthread"
                                                     : fmt::format("scripts/build-openblas-forward {} {}",
                                                                   python.executable.string(), folder.string())};
#endif
}

}  // namespace portwright::workspace
