// The file that takes a worker's standard output and error: kept for people, never parsed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace portwright::probe {

class WorkerLog {
 public:
  // Appends to `file`: what earlier processes of the same side wrote stays.
  [[nodiscard]] static Result<WorkerLog> open(const std::filesystem::path& file);

  [[nodiscard]] int descriptor() const { return descriptor_.number(); }
  // Of what was written since it was opened.
  [[nodiscard]] std::uint64_t size() const;
  // At most 20, of what was written since it was opened.
  [[nodiscard]] std::string last_lines() const;

 private:
  WorkerLog(Descriptor descriptor, std::uint64_t begin);

  Descriptor descriptor_;
  std::uint64_t begin_ = 0;
};

}  // namespace portwright::probe
