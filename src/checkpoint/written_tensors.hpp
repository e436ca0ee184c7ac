// Safetensors files for unit tests, right ones and broken ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace portwright::checkpoint {

// A file of a header's text and a data section, whatever they say.
[[nodiscard]] inline std::string file_bytes(std::string_view header, std::string_view data) {
  std::string bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes += static_cast<char>((std::uint64_t{header.size()} >> (8 * i)) & 0xFFU);
  return bytes.append(header).append(data);
}

// One entry of a header.
[[nodiscard]] inline Json entry(std::string_view dtype, const Json& shape, std::uint64_t begin, std::uint64_t end) {
  return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

// Tensors "a" (BF16, 2 × 3) and "b" (F32, 2).
[[nodiscard]] inline Json small_header() {
  return {{"a", entry("BF16", {2, 3}, 0, 12)}, {"b", entry("F32", {2}, 12, 20)}};
}
[[nodiscard]] inline std::string small_data() { return "abcdefghijklmnopqrst"; }
[[nodiscard]] inline std::string small_file() { return file_bytes(small_header().dump(), small_data()); }

}  // namespace portwright::checkpoint
