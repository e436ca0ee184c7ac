// Memory, disk and cores of this machine, and what doctor says of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "workspace/finding.hpp"

namespace portwright::workspace {

struct Memory {
  std::uint64_t total = 0;      // bytes; a container's limit where it is lower than the machine's memory
  std::uint64_t available = 0;  // bytes that can be had without swapping
};

[[nodiscard]] Memory machine_memory();
// From the text of /proc/meminfo. Zero where a line is missing.
[[nodiscard]] Memory parse_meminfo(std::string_view text);

// Bytes free for this user where `folder` is or will be; zero where that cannot be told.
[[nodiscard]] std::uint64_t free_space(const std::filesystem::path& folder);

// Bytes of all regular files below a folder; zero where it is not there.
[[nodiscard]] std::uint64_t folder_size(const std::filesystem::path& folder);

[[nodiscard]] Finding memory_finding(const Memory& memory);
// `wanted`: bytes below which a run may stop for want of space. `purpose`: "the cache".
[[nodiscard]] Finding space_finding(const std::string& id, const std::string& purpose,
                                    const std::filesystem::path& folder, std::uint64_t free, std::uint64_t wanted);

}  // namespace portwright::workspace
