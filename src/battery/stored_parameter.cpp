#include "battery/stored_parameter.hpp"

#include "battery/truth.hpp"

namespace portwright::battery {

std::optional<std::vector<double>> stored_parameter(const checkpoint::Checkpoint& checkpoint, const std::string& name) {
  for (const std::filesystem::path& file : checkpoint.files) {
    const auto mapped = checkpoint::MappedTensors::open(file);
    const checkpoint::TensorInfo* info = mapped ? mapped->find(name) : nullptr;
    if (info == nullptr) continue;
    const auto view = view_of(*mapped, *info);
    return view ? std::optional(compare::values(view->view)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace portwright::battery
