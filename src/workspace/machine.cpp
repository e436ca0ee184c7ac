#include "workspace/machine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>

#include "base/amounts.hpp"
#include "base/files.hpp"

namespace portwright::workspace {
namespace {

constexpr std::uint64_t kilo = 1000;
// Both interpreters with SmolLM2 in float32 take 1.7 GB, the float64 reference alone 1.4 GB.
constexpr std::uint64_t comfortable_memory = 4 * kilo * kilo * kilo;
constexpr std::uint64_t least_memory = 2 * kilo * kilo * kilo;

std::uint64_t first_number(std::string_view text) {
  const auto* end = text.data() + text.size();
  const auto* digit = std::find_if(text.data(), end, [](unsigned char c) { return std::isdigit(c) != 0; });
  std::uint64_t value = 0;
  std::from_chars(digit, end, value);
  return value;
}

std::uint64_t meminfo_bytes(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return 0;
  constexpr std::uint64_t kibibyte = 1024;
  return first_number(text.substr(at + key.size())) * kibibyte;
}

std::uint64_t number_in(const std::filesystem::path& file) {
  const auto text = read_file(file);
  return text ? first_number(*text) : 0;
}

// What a container (cgroup, version 2) may take, lowered to what it has left.
void apply_container_limit(Memory& memory) {
  const std::filesystem::path cgroup = "/sys/fs/cgroup";
  const std::uint64_t limit = number_in(cgroup / "memory.max");
  if (limit == 0 || limit >= memory.total) return;
  memory.total = limit;
  memory.available = std::min(memory.available, limit - std::min(limit, number_in(cgroup / "memory.current")));
}

}  // namespace

Memory parse_meminfo(std::string_view text) {
  return {meminfo_bytes(text, "MemTotal:"), meminfo_bytes(text, "MemAvailable:")};
}

Memory machine_memory() {
  Memory memory;
  if (const auto text = read_file("/proc/meminfo")) memory = parse_meminfo(*text);
  if (memory.total == 0) {
    const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
    memory.total = pages * static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
    memory.available = memory.total;
  }
  apply_container_limit(memory);
  return memory;
}

std::uint64_t free_space(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::path there = std::filesystem::absolute(folder, error);
  while (!std::filesystem::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  const auto space = std::filesystem::space(there, error);
  return error ? 0 : space.available;
}

std::uint64_t folder_size(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  using Walk = std::filesystem::recursive_directory_iterator;
  for (Walk entry(folder, std::filesystem::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (entry->is_symlink(gone) || !entry->is_regular_file(gone)) continue;
    const std::uint64_t size = entry->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

Finding memory_finding(const Memory& memory) {
  Finding finding{"memory", Level::ok, "", ""};
  finding.sentence = fmt::format("{} available of {}", bytes_text(memory.available), bytes_text(memory.total));
  if (memory.available >= comfortable_memory) return finding;
  finding.level = memory.available >= least_memory ? Level::warn : Level::missing;
  finding.remedy = fmt::format("free some: the smallest real run takes {}, comfortable is {}", bytes_text(least_memory),
                               bytes_text(comfortable_memory));
  return finding;
}

Finding space_finding(const std::string& id, const std::string& purpose, const std::filesystem::path& folder,
                      std::uint64_t free, std::uint64_t wanted) {
  Finding finding{id, Level::ok, fmt::format("{} free in {}", bytes_text(free), folder.string()), ""};
  if (free < wanted) {
    finding.level = Level::warn;
    finding.remedy = fmt::format("{} wants {}", purpose, bytes_text(wanted));
  }
  return finding;
}

}  // namespace portwright::workspace
