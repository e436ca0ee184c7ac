#include "probe/exchange.hpp"

#include <fmt/format.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): POSIX's mkdtemp
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/file_error.hpp"

namespace portwright::probe {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "portwright-";
constexpr const char* memory_folder = "/dev/shm";

fs::path temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

// /tmp is everybody's: nothing is removed there that another user made or that a link points to.
bool own_folder(const fs::path& folder) {
  struct stat status{};
  return ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
}

// Its maker holds the lock for as long as it lives. One without a lock file is just being made, unless it is old.
bool is_dead(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / FolderLock::file_name, error)) return FolderLock::take(folder).has_value();
  const auto made = fs::last_write_time(folder, error);
  return !error && fs::file_time_type::clock::now() - made > std::chrono::minutes(1);
}

void remove_dead(const fs::path& parent) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    const bool ours = entry.path().filename().string().starts_with(prefix) && own_folder(entry.path());
    if (ours && is_dead(entry.path())) fs::remove_all(entry.path(), error);
  }
}

void remove_dead_everywhere() {
  remove_dead(memory_folder);
  remove_dead(temporary_folder());
}

Result<fs::path> make_folder(const fs::path& parent) {
  std::string name = parent / fmt::format("{}{}-XXXXXX", prefix, ::getpid());
  if (::mkdtemp(name.data()) == nullptr) return tl::unexpected(file_error(parent, "written to", errno));
  return fs::path(name);
}

bool has_room(const fs::path& parent, std::uint64_t room) {
  std::error_code error;
  const auto space = fs::space(parent, error);
  return !error && space.available >= room && ::access(parent.c_str(), W_OK) == 0;
}

}  // namespace

Result<ExchangeFolder> ExchangeFolder::make(std::uint64_t room) {
  remove_dead_everywhere();  // what they left takes room
  return has_room(memory_folder, room) ? make_below(memory_folder, true) : make_below(temporary_folder(), false);
}

Result<ExchangeFolder> ExchangeFolder::make_on_disk() {
  remove_dead_everywhere();
  return make_below(temporary_folder(), false);
}

Result<ExchangeFolder> ExchangeFolder::make_below(const fs::path& parent, bool in_memory) {
  auto folder = make_folder(parent);
  if (!folder) return tl::unexpected(folder.error());
  auto lock = FolderLock::take(*folder);
  if (!lock) return tl::unexpected(lock.error());
  return ExchangeFolder(*std::move(folder), in_memory, *std::move(lock));
}

ExchangeFolder::ExchangeFolder(fs::path path, bool in_memory, FolderLock lock)
    : path_(std::move(path)), in_memory_(in_memory), lock_(std::move(lock)) {}

ExchangeFolder::ExchangeFolder(ExchangeFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), in_memory_(other.in_memory_), lock_(std::move(other.lock_)) {}

ExchangeFolder::~ExchangeFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace portwright::probe
