// Reading and writing files, and the folders the program uses.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright {

[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file);

// Writes beside the target and renames: a reader sees the old file or the whole new one. Makes parent folders.
[[nodiscard]] Status write_file(const std::filesystem::path& file, std::string_view contents);

// A mistake in the text gives "FILE:LINE:COLUMN: …" with the line and a caret in `detail`.
[[nodiscard]] Result<Json> parse_json(std::string_view text, const std::string& origin);
[[nodiscard]] Result<Json> read_json(const std::filesystem::path& file);

// $PORTWRIGHT_CACHE, else $XDG_CACHE_HOME/portwright, else ~/.cache/portwright (~/Library/Caches/portwright on macOS).
[[nodiscard]] std::filesystem::path cache_folder();

// Where "probes" and "schemas" are: beside the program in a build tree, an installed tree or a wheel; $PORTWRIGHT_DATA wins.
[[nodiscard]] Result<std::filesystem::path> data_folder();

// The program's own file.
[[nodiscard]] std::filesystem::path program_file();

// A lock on FOLDER/.lock held until destruction, so that two runs never write into one folder.
class FolderLock {
 public:
  [[nodiscard]] static Result<FolderLock> take(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace portwright
