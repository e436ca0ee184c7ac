// What the program and its workers take together, sampled.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

namespace portwright::probe {

class MemoryWatch {
 public:
  // `exchange` is the folder whose files count as memory; empty where it lies on a disk.
  explicit MemoryWatch(std::filesystem::path exchange) : exchange_(std::move(exchange)) {}

  // `workers` are their process groups.
  void sample(const std::vector<pid_t>& workers);

  [[nodiscard]] std::uint64_t now_bytes() const { return now_; }
  [[nodiscard]] std::uint64_t peak_bytes() const { return peak_; }
  // The worker that took most at the last sample; 0 where there is none.
  [[nodiscard]] pid_t largest() const;

 private:
  std::filesystem::path exchange_;
  std::uint64_t now_ = 0;
  std::uint64_t peak_ = 0;
  std::map<pid_t, std::uint64_t> workers_;
};

}  // namespace portwright::probe
