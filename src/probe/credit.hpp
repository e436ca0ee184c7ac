// What the engine owes a worker: the bytes of the tensor files that were used and removed.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

namespace portwright::probe {

// Files may be dropped on any thread and after their worker is gone, so a worker and its files share this.
class Credit {
 public:
  void give_back(std::uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    owed_ += bytes;
  }
  // What was given back since the last call.
  [[nodiscard]] std::uint64_t take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(owed_, 0);
  }

 private:
  std::mutex mutex_;
  std::uint64_t owed_ = 0;
};

}  // namespace portwright::probe
