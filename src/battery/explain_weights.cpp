#include "battery/explain_weights.hpp"

#include "battery/culprit_line.hpp"
#include "battery/stored_parameter.hpp"
#include "diagnose/weight_changes.hpp"

namespace portwright::battery {
namespace {

using checkpoint::TensorInfo;
using diagnose::Matrix;

// More than this is no module that computes something, but a part of the model.
constexpr std::uint64_t most_bytes = 256ULL << 20;

std::uint64_t stored_bytes_below(const checkpoint::Checkpoint& checkpoint, const std::string& module) {
  std::uint64_t bytes = 0;
  for (const TensorInfo& tensor : checkpoint.tensors) {
    if (tensor.name.find(module + ".") != std::string::npos) bytes += tensor.end - tensor.begin;
  }
  return bytes;
}

std::optional<results::Cause> likely(const char* name, std::string sentence) {
  results::Cause cause;
  cause.name = name;
  cause.sentence = std::move(sentence);
  return cause;
}

// The stored tensor of as many elements that the port's parameter holds in the place of its own; empty where none.
std::string holds_instead(const checkpoint::Checkpoint& checkpoint, const Matrix& port, const Matrix& own) {
  for (const TensorInfo& tensor : checkpoint.tensors) {
    std::uint64_t elements = 1;
    for (const std::uint64_t n : tensor.shape) elements *= n;
    if (elements != own.values.size()) continue;
    const auto other = stored_array(checkpoint, tensor.name);
    if (other && other->values != own.values && is_as_stored(port, *other)) return tensor.name;
  }
  return "";
}

}  // namespace

Asked<std::optional<results::Cause>> explain_weights(Context& context, const diagnose::Finding& finding) {
  const checkpoint::Checkpoint& checkpoint = context.subject.checkpoint;
  const std::string module = in_layer(finding.module, finding.layers);
  const std::uint64_t bytes = stored_bytes_below(checkpoint, module);
  if (bytes == 0 || bytes > most_bytes) return std::nullopt;
  const std::string port_module = context.parity.port_path(module);
  const auto parameters = context.parity.port_parameters(port_module);
  if (!parameters) return tl::unexpected<probe::AskError>(parameters.error());
  for (const auto& [path, array] : *parameters) {
    const std::string name = module + path.substr(port_module.size());
    const auto stored = stored_array(checkpoint, name);
    if (!stored || stored->values.size() != array.values.size() || is_as_stored(array, *stored)) continue;
    const std::string star = diagnose::starred(name).path;
    if (const auto change = diagnose::change_of(array, *stored)) {
      return likely("weight-order", "the port loads " + star + " with its elements in another order: " + *change);
    }
    if (const std::string other = holds_instead(checkpoint, array, *stored); !other.empty()) {
      return likely("other-weight", "the port loads " + other + " as " + name);
    }
  }
  return std::nullopt;
}

}  // namespace portwright::battery
