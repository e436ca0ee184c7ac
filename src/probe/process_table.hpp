// The processes of this machine, as far as the memory of a tree of them needs it. /proc on Linux, libproc on macOS.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace portwright::probe {

struct ProcessRow {
  pid_t id = 0;
  pid_t parent = 0;
  pid_t group = 0;
};

[[nodiscard]] std::vector<ProcessRow> process_table();

// Memory that is gone only when the process is: anonymous pages in memory and in swap. Mapped files are left out,
// since the kernel drops their pages when it needs the room, and so is what several processes share. 0 where it ended.
[[nodiscard]] std::uint64_t own_memory(pid_t id);

}  // namespace portwright::probe
