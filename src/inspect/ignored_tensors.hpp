// Tensors of a checkpoint that the text model does not use: what the reference passes over, towers, and layers that
// predict further tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/safetensors.hpp"
#include "inspect/reference_facts.hpp"
#include "inspect/tensor_kind.hpp"

namespace portwright::inspect {

struct IgnoredGroup {
  std::string reason;   // "vision, audio and projectors", "layers past num_hidden_layers", a pattern of the reference
  std::string where;    // "modeling_gpt_neox.py:290"; empty: by name
  std::string example;  // the first of them
  std::uint64_t tensors = 0;
  std::uint64_t bytes = 0;
};
struct IgnoredTensors {
  std::vector<IgnoredGroup> groups;  // a tensor is in one only, the reference's own pattern first; none is empty
  std::vector<bool> is_ignored;      // for each tensor
};
[[nodiscard]] IgnoredTensors ignored_tensors(const std::vector<checkpoint::TensorInfo>& tensors,
                                             const TensorKinds& kinds_of, const ReferenceFacts& facts);

}  // namespace portwright::inspect
