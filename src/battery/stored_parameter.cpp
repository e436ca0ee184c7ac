#include "battery/stored_parameter.hpp"

#include <algorithm>

#include "battery/truth.hpp"
#include "diagnose/last_words.hpp"

namespace portwright::battery {
namespace {

// Its own name, where a file has it. Else files may name a part of the model as if it were the whole ("ln_f.weight" is
// transformer.ln_f's), or the other way round: the one name that shares the most last words, two at least.
std::string stored_name(const std::vector<checkpoint::TensorInfo>& tensors, const std::string& wanted) {
  if (std::ranges::binary_search(tensors, wanted, {}, &checkpoint::TensorInfo::name)) return wanted;
  std::string found;
  std::size_t most = 1;
  for (const checkpoint::TensorInfo& tensor : tensors) {
    const std::size_t shared = diagnose::last_words_shared(tensor.name, wanted);
    if (shared < 2 || shared < most) continue;
    found = shared > most ? tensor.name : "";
    most = shared;
  }
  return found;
}

}  // namespace

std::optional<diagnose::Matrix> stored_array(const checkpoint::Checkpoint& checkpoint, const std::string& wanted) {
  const std::string name = stored_name(checkpoint.tensors, wanted);
  if (name.empty()) return std::nullopt;
  for (const std::filesystem::path& file : checkpoint.files) {
    const auto mapped = checkpoint::MappedTensors::open(file);
    const checkpoint::TensorInfo* info = mapped ? mapped->find(name) : nullptr;
    if (info == nullptr) continue;
    const auto view = view_of(*mapped, *info);
    return view ? std::optional(matrix_of(*view)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::vector<double>> stored_parameter(const checkpoint::Checkpoint& checkpoint,
                                                    const std::string& wanted) {
  auto array = stored_array(checkpoint, wanted);
  return array ? std::optional(std::move(array->values)) : std::nullopt;
}

}  // namespace portwright::battery
