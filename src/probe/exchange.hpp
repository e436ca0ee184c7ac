// The folder through which workers hand tensors to the program: in memory where it fits, gone when the program is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"

namespace portwright::probe {

// Locked while this process lives, so that a later run can tell that its owner is dead and remove it.
class ExchangeFolder {
 public:
  // Below /dev/shm if `room` bytes are free there, else below TMPDIR (/tmp). Removes what dead programs left in both.
  [[nodiscard]] static Result<ExchangeFolder> make(std::uint64_t room);
  // Below TMPDIR (/tmp), where memory is short.
  [[nodiscard]] static Result<ExchangeFolder> make_on_disk();

  ExchangeFolder(ExchangeFolder&& other) noexcept;
  ExchangeFolder& operator=(ExchangeFolder&&) = delete;
  ExchangeFolder(const ExchangeFolder&) = delete;
  ExchangeFolder& operator=(const ExchangeFolder&) = delete;
  ~ExchangeFolder();  // removes the folder and all in it

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool in_memory() const { return in_memory_; }

 private:
  ExchangeFolder(std::filesystem::path path, bool in_memory, FolderLock lock);
  [[nodiscard]] static Result<ExchangeFolder> make_below(const std::filesystem::path& parent, bool in_memory);

  std::filesystem::path path_;  // empty where moved from
  bool in_memory_ = false;
  FolderLock lock_;
};

}  // namespace portwright::probe
