// Where everything lies in an open safetensors file: shared by the header's reader and the mapping.
#pragma once

#include "base/error.hpp"
#include "checkpoint/safetensors.hpp"

namespace portwright::checkpoint {

struct SafetensorsLayout {
  std::vector<TensorInfo> tensors;  // sorted by name
  std::uint64_t data_begin = 0;     // bytes from the start of the file
  std::uint64_t file_bytes = 0;
};

// `file` is for messages only.
[[nodiscard]] Result<SafetensorsLayout> read_layout(const std::filesystem::path& file, int descriptor);

}  // namespace portwright::checkpoint
