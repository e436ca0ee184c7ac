// The files that a lint reads: each once, by several threads.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.hpp"

namespace portwright::lint {

class Port;

class Library {
 public:
  Library();
  Library(const Library&) = delete;
  Library(Library&&) = delete;
  Library& operator=(const Library&) = delete;
  Library& operator=(Library&&) = delete;
  ~Library();

  // Errors: no file, a folder, no text of a size that a port has, or nothing the parser can read. A file with a mistake
  // is a port that knows it.
  [[nodiscard]] Result<const Port*> open(const std::filesystem::path& file);
  // The same from a text, which is then found as if it were there.
  [[nodiscard]] Result<const Port*> add(const std::filesystem::path& file, std::string text);

  static constexpr std::size_t most_bytes = std::size_t{1} << 20U;  // the largest port of mlx-lm has 47 kB

 private:
  struct Read {
    std::once_flag once;
    Result<std::unique_ptr<const Port>> port;
  };
  Read& entry(const std::filesystem::path& file);

  std::mutex mutex_;
  std::map<std::filesystem::path, std::unique_ptr<Read>> files_;
};

}  // namespace portwright::lint
