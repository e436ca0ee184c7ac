// A folder of this process on the disk of the cache, gone with it; what dead processes left is removed first.
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace portwright::harness {

class Scratch {
 public:
  [[nodiscard]] static Result<Scratch> make(const std::filesystem::path& parent);
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&&) = delete;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace portwright::harness
