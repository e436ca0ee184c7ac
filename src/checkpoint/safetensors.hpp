// The header of a safetensors file, checked against the file before anything is mapped.
// Format: https://github.com/huggingface/safetensors#format
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
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
[[nodiscard]] Result<std::vector<TensorInfo>> read_safetensors_header(const std::filesystem::path& file);

// A file mapped read-only. Copies share the mapping; it ends with the last of them.
class MappedTensors {
 public:
  [[nodiscard]] static Result<MappedTensors> open(const std::filesystem::path& file);

  [[nodiscard]] const std::vector<TensorInfo>& tensors() const;
  [[nodiscard]] const TensorInfo* find(const std::string& name) const;  // null where it is not there
  [[nodiscard]] const void* data(const TensorInfo& tensor) const;

 private:
  struct Mapping;
  std::shared_ptr<const Mapping> mapping_;
};

}  // namespace portwright::checkpoint
