#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"
#include "checkpoint/safetensors_layout.hpp"

namespace portwright::checkpoint {

struct MappedTensors::Mapping {
  SafetensorsLayout layout;
  void* start = nullptr;

  Mapping(SafetensorsLayout checked, void* mapped) : layout(std::move(checked)), start(mapped) {}
  Mapping(const Mapping&) = delete;
  Mapping(Mapping&&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() { ::munmap(start, layout.file_bytes); }
};

Result<MappedTensors> MappedTensors::open(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return tl::unexpected(file_error(file, "read", errno));
  Result<SafetensorsLayout> layout = read_layout(file, descriptor.number());
  if (!layout) return tl::unexpected(layout.error());

  void* start = ::mmap(nullptr, layout->file_bytes, PROT_READ, MAP_SHARED, descriptor.number(), 0);
  if (start == MAP_FAILED) return tl::unexpected(file_error(file, "mapped", errno));
  MappedTensors tensors;
  tensors.mapping_ = std::make_shared<const Mapping>(std::move(*layout), start);
  return tensors;
}

const std::vector<TensorInfo>& MappedTensors::tensors() const { return mapping_->layout.tensors; }

const TensorInfo* MappedTensors::find(const std::string& name) const {
  const std::vector<TensorInfo>& all = tensors();
  const auto found = std::ranges::lower_bound(all, name, {}, &TensorInfo::name);
  return found != all.end() && found->name == name ? &*found : nullptr;
}

const void* MappedTensors::data(const TensorInfo& tensor) const {
  return static_cast<const char*>(mapping_->start) + mapping_->layout.data_begin + tensor.begin;
}

}  // namespace portwright::checkpoint
