#include "battery/stored_parameter.hpp"

#include "battery/truth.hpp"

namespace portwright::battery {
namespace {

bool ends_with_words(std::string_view name, std::string_view words) {
  return name.ends_with(words) && (name.size() == words.size() || name[name.size() - words.size() - 1] == '.');
}

// Files may name a part of the model as if it were the whole ("ln_f.weight" is transformer.ln_f's), or the other way
// round: the one name that shares the most last words, two at least.
std::string stored_name(const std::vector<checkpoint::TensorInfo>& tensors, const std::string& wanted) {
  std::string_view words = wanted;
  while (words.find('.') != std::string_view::npos) {
    std::string found;
    int count = 0;
    for (const checkpoint::TensorInfo& tensor : tensors) {
      if (!ends_with_words(tensor.name, words)) continue;
      found = tensor.name;
      ++count;
    }
    if (count > 0) return count == 1 ? found : "";
    words.remove_prefix(words.find('.') + 1);
  }
  return "";
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
