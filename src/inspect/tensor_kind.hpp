// What a tensor is, told by its name. The rules know the words of published checkpoints and no model type.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/safetensors.hpp"

namespace portwright::inspect {

enum class Kind {
  embedding,
  attention,
  mlp,
  experts,
  shared_experts,
  router,
  norm,
  head,
  recurrent,  // state space models, gated delta rules, short convolutions
  mtp,        // layers that predict further tokens, beside the model
  tower,      // vision, audio and what joins them to the text model
  other,
};
[[nodiscard]] std::string_view name(Kind kind);
constexpr std::size_t kinds = 12;

// The number after "layers", "h" or "blocks" in a tensor's name, outermost first; nothing outside of layers.
[[nodiscard]] std::optional<std::uint64_t> layer_of(std::string_view tensor);

// Some names mean something by what else lies beside them: "gate" is a router in a model with experts, everything in a
// block with "A_log" is recurrent.
class TensorKinds {
 public:
  // `layers`: of the text model; layers from there on are `mtp`. 0: not known.
  TensorKinds(const std::vector<checkpoint::TensorInfo>& tensors, std::uint64_t layers);

  [[nodiscard]] Kind of(std::string_view tensor) const;

 private:
  std::uint64_t layers_ = 0;
  bool has_experts_ = false;
  std::set<std::string, std::less<>> recurrent_blocks_;  // "model.layers.3.self_attn."
};

}  // namespace portwright::inspect
