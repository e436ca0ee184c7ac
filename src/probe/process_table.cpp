#include "probe/process_table.hpp"

#ifdef __APPLE__
#include <libproc.h>
#include <sys/resource.h>
#else
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "base/files.hpp"
#endif

namespace portwright::probe {

#ifdef __APPLE__

std::vector<ProcessRow> process_table() {
  std::vector<pid_t> ids(static_cast<std::size_t>(proc_listallpids(nullptr, 0)) + 64);
  const int count = proc_listallpids(ids.data(), static_cast<int>(ids.size() * sizeof(pid_t)));
  ids.resize(static_cast<std::size_t>(count > 0 ? count : 0));
  std::vector<ProcessRow> rows;
  for (const pid_t id : ids) {
    proc_bsdshortinfo info{};
    if (proc_pidinfo(id, PROC_PIDT_SHORTBSDINFO, 0, &info, sizeof info) != static_cast<int>(sizeof info)) continue;
    rows.push_back({id, static_cast<pid_t>(info.pbsi_ppid), static_cast<pid_t>(info.pbsi_pgid)});
  }
  return rows;
}

std::uint64_t own_memory(pid_t id) {
  rusage_info_v2 usage{};
  return proc_pid_rusage(id, RUSAGE_INFO_V2, reinterpret_cast<rusage_info_t*>(&usage)) == 0 ? usage.ri_phys_footprint
                                                                                            : 0;
}

#else

namespace {

std::optional<pid_t> process_id(const std::string& name) {
  pid_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(id) : std::nullopt;
}

std::uint64_t kilobytes(std::string_view status, std::string_view field) {
  const std::size_t at = status.find(field);
  if (at == std::string_view::npos) return 0;
  std::string_view value = status.substr(at + field.size());
  value.remove_prefix(std::min(value.find_first_of("0123456789"), value.size()));
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::string proc_file(pid_t id, const char* name) {
  return read_file(std::filesystem::path("/proc") / std::to_string(id) / name).value_or("");
}

}  // namespace

std::vector<ProcessRow> process_table() {
  std::vector<ProcessRow> rows;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto id = process_id(entry.path().filename().string());
    if (!id) continue;
    // "ID (NAME) STATE PARENT GROUP …", where NAME may hold anything.
    const std::string stat = proc_file(*id, "stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) continue;
    ProcessRow row{.id = *id, .parent = 0, .group = 0};
    char state = 0;
    std::istringstream(stat.substr(name_end + 1)) >> state >> row.parent >> row.group;
    rows.push_back(row);
  }
  return rows;
}

std::uint64_t own_memory(pid_t id) {
  const std::string status = proc_file(id, "status");
  return (kilobytes(status, "\nRssAnon:") + kilobytes(status, "\nVmSwap:")) * 1024;
}

#endif

}  // namespace portwright::probe
