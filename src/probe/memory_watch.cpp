#include "probe/memory_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <unordered_map>

#include "base/files.hpp"
#include "probe/process_table.hpp"

namespace portwright::probe {
namespace {

using Rows = std::unordered_map<pid_t, ProcessRow>;

// The worker a process belongs to, the program itself, or 0 for a stranger. A worker's descendant may have left the
// group (a sandbox does), and one whose parent has died is known by its group only.
pid_t owner_of(const ProcessRow& row, const Rows& rows, const std::map<pid_t, std::uint64_t>& workers, pid_t program) {
  if (workers.contains(row.group)) return row.group;
  for (auto at = rows.find(row.id); at != rows.end() && at->first > 1; at = rows.find(at->second.parent)) {
    if (workers.contains(at->first)) return at->first;
    if (at->first == program) return program;
  }
  return 0;
}

}  // namespace

void MemoryWatch::sample(const std::vector<pid_t>& workers) {
  workers_.clear();
  for (const pid_t worker : workers) workers_.emplace(worker, 0);
  Rows rows;
  for (const ProcessRow& row : process_table()) rows.emplace(row.id, row);

  now_ = exchange_.empty() ? 0 : bytes_below(exchange_);
  for (const auto& [id, row] : rows) {
    const pid_t owner = owner_of(row, rows, workers_, ::getpid());
    if (owner == 0) continue;
    const std::uint64_t bytes = own_memory(id);
    now_ += bytes;
    if (const auto worker = workers_.find(owner); worker != workers_.end()) worker->second += bytes;
  }
  peak_ = std::max(peak_, now_);
}

pid_t MemoryWatch::largest() const {
  const auto found = std::ranges::max_element(workers_, {}, [](const auto& worker) { return worker.second; });
  return found == workers_.end() ? 0 : found->first;
}

}  // namespace portwright::probe
