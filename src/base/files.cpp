#include "base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"

namespace portwright {
namespace {

// Beside the target, so that the rename stays within one file system; unique among processes and threads.
std::filesystem::path temporary_beside(const std::filesystem::path& file) {
  static std::atomic<unsigned> counter{0};
  return file.parent_path() / ("." + file.filename().string() + "." + std::to_string(::getpid()) + "-" +
                               std::to_string(counter.fetch_add(1)) + ".tmp");
}

// 0, or errno.
int write_all(int descriptor, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return tl::unexpected(file_error(file, "read", errno));

  std::string contents;
  struct stat status{};
  // The size is a hint: files of /proc report none, and a file may grow while it is read.
  if (::fstat(descriptor.number(), &status) == 0 && status.st_size > 0) {
    contents.reserve(static_cast<std::size_t>(status.st_size) + 1);
  }
  constexpr std::size_t piece = std::size_t{1} << 16U;
  for (;;) {
    const std::size_t had = contents.size();
    contents.resize(std::max(contents.capacity(), had + piece));
    const ssize_t got = ::read(descriptor.number(), contents.data() + had, contents.size() - had);
    const int number = errno;
    contents.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return contents;
    if (got < 0 && number != EINTR) return tl::unexpected(file_error(file, "read", number));
  }
}

Status write_file(const std::filesystem::path& file, std::string_view contents) {
  if (file.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error) return tl::unexpected(file_error(file.parent_path(), "made", error.value()));
  }

  const std::filesystem::path temporary = temporary_beside(file);
  Descriptor descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!descriptor) return tl::unexpected(file_error(file, "written", errno));

  int number = write_all(descriptor.number(), contents);
  if (!descriptor.close() && number == 0) number = errno;
  if (number == 0 && ::rename(temporary.c_str(), file.c_str()) != 0) number = errno;
  if (number != 0) {
    ::unlink(temporary.c_str());
    return tl::unexpected(file_error(file, "written", number));
  }
  return {};
}

Result<Json> read_json(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  return parse_json(*text, file.string());
}

std::uint64_t bytes_below(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const auto size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace portwright
