// Reading and writing files, and the folders the program uses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright {

[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file);

// Writes beside the target and renames: a reader sees the old file or the whole new one. Makes parent folders.
[[nodiscard]] Status write_file(const std::filesystem::path& file, std::string_view contents);

// Of all files below the folder, while others may come and go; 0 where there is none.
[[nodiscard]] std::uint64_t bytes_below(const std::filesystem::path& folder);

// A mistake in the text gives "FILE:LINE:COLUMN: …" (columns in characters, from 1) with the line and a caret in
// `detail`. A byte order mark is skipped, the last of equal keys wins, and Python's NaN, Infinity and -Infinity become
// the strings "nan", "inf" and "-inf".
[[nodiscard]] Result<Json> parse_json(std::string_view text, const std::string& origin);
[[nodiscard]] Result<Json> read_json(const std::filesystem::path& file);

// $PORTWRIGHT_CACHE, else $XDG_CACHE_HOME/portwright, else ~/.cache/portwright (~/Library/Caches/portwright on macOS).
[[nodiscard]] std::filesystem::path cache_folder();

// Where "probes" and "schemas" are: beside the program in a build tree, an installed tree or a wheel;
// $PORTWRIGHT_DATA wins.
[[nodiscard]] Result<std::filesystem::path> data_folder();

// The program's own file, symbolic links followed; empty where the system does not tell.
[[nodiscard]] std::filesystem::path program_file();

// A lock on a file in the folder held until destruction, so that two runs never write into one folder. The file goes
// with it. The folder is made where it is missing; a folder another run holds gives an error that names its process.
class FolderLock {
 public:
  // Not ".lock": uv waits for the one of that name in an environment.
  static constexpr const char* file_name = ".portwright.lock";

  [[nodiscard]] static Result<FolderLock> take(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept = default;
  FolderLock& operator=(FolderLock&&) = delete;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  FolderLock(Descriptor descriptor, std::filesystem::path file)
      : descriptor_(std::move(descriptor)), file_(std::move(file)) {}
  Descriptor descriptor_;
  std::filesystem::path file_;
};

}  // namespace portwright
