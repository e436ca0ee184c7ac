#include "inspect/parameters_by_kind.hpp"

#include <algorithm>
#include <map>

namespace portwright::inspect {

ParametersByKind parameters_by_kind(const std::vector<checkpoint::TensorInfo>& tensors, const TensorKinds& kinds_of,
                                    const std::optional<Quantization>& quantization) {
  ParametersByKind result;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::uint64_t parameters = unpacked(tensors[i], quantization).parameters;
    if (parameters == 0) ++result.bookkeeping;
    result.all += parameters;
    result.of.at(static_cast<std::size_t>(kinds_of.of(i))) += parameters;
  }
  return result;
}

std::vector<StoredDtype> stored_dtypes(const std::vector<checkpoint::TensorInfo>& tensors) {
  std::map<std::string, StoredDtype> by_name;
  for (const checkpoint::TensorInfo& tensor : tensors) {
    StoredDtype& dtype = by_name[tensor.dtype];
    dtype.name = tensor.dtype;
    ++dtype.tensors;
    dtype.bytes += tensor.end - tensor.begin;
  }
  std::vector<StoredDtype> result;
  for (auto& [name, dtype] : by_name) result.push_back(std::move(dtype));
  std::ranges::sort(result, [](const StoredDtype& one, const StoredDtype& other) {
    return one.bytes != other.bytes ? one.bytes > other.bytes : one.name < other.name;
  });
  return result;
}

}  // namespace portwright::inspect
