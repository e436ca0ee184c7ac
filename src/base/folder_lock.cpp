// flock and not a file's mere existence: the kernel gives the lock back when a process dies, however it dies.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"
#include "base/files.hpp"

namespace portwright {
namespace {

// The holder removes the file when it is done; a lock on a removed file excludes nobody.
bool is_still(const std::filesystem::path& file, int descriptor) {
  struct stat named{};
  struct stat opened{};
  return ::stat(file.c_str(), &named) == 0 && ::fstat(descriptor, &opened) == 0 && named.st_ino == opened.st_ino &&
         named.st_dev == opened.st_dev;
}

Error held_by_another(const std::filesystem::path& folder, const std::filesystem::path& file) {
  std::string holder = read_file(file).value_or("");
  holder.erase(std::ranges::find_if(holder, [](char c) { return c < '0' || c > '9'; }), holder.end());
  const std::string process = holder.empty() ? "" : fmt::format(" (process {})", holder);
  return {Fault::input,
          fmt::format("another run writes into {}{}", folder.string(), process),
          "wait for it to end, or choose another folder with --out",
          {}};
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return tl::unexpected(file_error(folder, "made", error.value()));

  const std::filesystem::path file = folder / file_name;
  for (;;) {
    Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!descriptor) return tl::unexpected(file_error(file, "written", errno));
    if (::flock(descriptor.number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) return tl::unexpected(held_by_another(folder, file));
      return tl::unexpected(file_error(file, "locked", errno));
    }
    if (!is_still(file, descriptor.number())) continue;

    const std::string process = fmt::format("{}\n", ::getpid());
    if (::ftruncate(descriptor.number(), 0) != 0 ||
        ::pwrite(descriptor.number(), process.data(), process.size(), 0) != static_cast<ssize_t>(process.size())) {
      return tl::unexpected(file_error(file, "written", errno));
    }
    return FolderLock(std::move(descriptor), file);
  }
}

FolderLock::~FolderLock() {
  if (descriptor_) ::unlink(file_.c_str());
}

}  // namespace portwright
