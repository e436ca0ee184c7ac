#include "harness/scratch.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace portwright::harness {
namespace {

void remove_leftovers(const std::filesystem::path& parent) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    pid_t owner = 0;
    const auto [end, mistake] = std::from_chars(name.data(), name.data() + name.size(), owner);
    if (mistake != std::errc() || end == name.data() + name.size() || *end != '.' || owner <= 0) continue;
    std::error_code ignored;
    if (kill(owner, 0) != 0 && errno == ESRCH) std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Result<Scratch> Scratch::make(const std::filesystem::path& parent) {
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  remove_leftovers(parent);
  // One process may have several.
  std::string path = (parent / (std::to_string(getpid()) + ".XXXXXX")).string();
  if (mkdtemp(path.data()) == nullptr) {
    return fail(Fault::environment,
                "cannot make a folder in " + parent.string() + ": " + std::generic_category().message(errno),
                "set PORTWRIGHT_CACHE to a folder that can be written");
  }
  return Scratch(path);
}

Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace portwright::harness
