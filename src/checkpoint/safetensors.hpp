// The header of a safetensors file, checked against the file before anything is mapped.
// Format: https://github.com/huggingface/safetensors#format
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace portwright::checkpoint {

struct TensorInfo {
  std::string name;
  std::string dtype;  // as in the file: "F64", "F32", "BF16", "F16", "I64", "U32", …
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;  // bytes from the start of the data section
  std::uint64_t end = 0;
};

// Reads and checks the header: its size, its JSON, each dtype, shape and range, overlaps, holes and the file's length.
// The tensors come sorted by name.
[[nodiscard]] Result<std::vector<TensorInfo>> read_safetensors_header(const std::filesystem::path& file);

// The same checks of a header's text by itself, as it comes from elsewhere. `file` is for messages; `data_bytes` is
// what follows the header in the file.
[[nodiscard]] Result<std::vector<TensorInfo>> parse_safetensors_header(std::string_view text,
                                                                       const std::filesystem::path& file,
                                                                       std::uint64_t data_bytes);

// A file mapped read-only after its header was checked. Copies share the mapping; it ends with the last of them.
// A file that is truncated while it is mapped ends the program with SIGBUS at the next touch: whoever writes such files
// must write each anew and rename it, or announce it only when it is complete, as workers do. Removing it is harmless.
class MappedTensors {
 public:
  [[nodiscard]] static Result<MappedTensors> open(const std::filesystem::path& file);

  [[nodiscard]] const std::vector<TensorInfo>& tensors() const;         // sorted by name
  [[nodiscard]] const TensorInfo* find(const std::string& name) const;  // null where it is not there
  // The format promises no alignment: the pointer may be odd.
  [[nodiscard]] const void* data(const TensorInfo& tensor) const;

 private:
  MappedTensors() = default;
  struct Mapping;
  std::shared_ptr<const Mapping> mapping_;
};

}  // namespace portwright::checkpoint
