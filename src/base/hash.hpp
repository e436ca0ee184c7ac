// Hashes: SHA-256 for what people compare, XXH3-128 for keys of our own caches.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace portwright {

// 64 hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] Result<std::string> sha256_file(const std::filesystem::path& file);

// 32 hex digits. Of several files: their bytes and lengths in the order given, not their names.
[[nodiscard]] std::string xxh128_hex(std::string_view bytes);
[[nodiscard]] Result<std::string> xxh128_files(const std::vector<std::filesystem::path>& files);

}  // namespace portwright
