#include "probe/worker_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/file_error.hpp"

namespace portwright::probe {
namespace {

std::uint64_t size_of(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

Result<WorkerLog> WorkerLog::open(const std::filesystem::path& file) {
  std::error_code ignored;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ignored);
  Descriptor descriptor(::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  if (!descriptor) return tl::unexpected(file_error(file, "written", errno));
  const std::uint64_t begin = size_of(descriptor.number());
  return WorkerLog(std::move(descriptor), begin);
}

WorkerLog::WorkerLog(Descriptor descriptor, std::uint64_t begin) : descriptor_(std::move(descriptor)), begin_(begin) {}

std::uint64_t WorkerLog::size() const {
  const std::uint64_t all = size_of(descriptor_.number());
  return all - std::min(all, begin_);
}

std::string WorkerLog::last_lines() const {
  constexpr std::uint64_t read_at_most = 64U << 10U;
  constexpr int lines = 20;

  std::string text(std::min(size(), read_at_most), '\0');
  const std::uint64_t end = size_of(descriptor_.number());
  const auto got = ::pread(descriptor_.number(), text.data(), text.size(), static_cast<off_t>(end - text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (text.ends_with('\n')) text.pop_back();

  std::size_t from = text.size();
  for (int line = 0; line < lines && from != std::string::npos && from > 0; ++line) from = text.rfind('\n', from - 1);
  return from == std::string::npos || from == 0 ? text : text.substr(from + 1);
}

}  // namespace portwright::probe
