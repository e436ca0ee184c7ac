// What a tensor is, told by its name. The rules know the words of published checkpoints and no model type.
#pragma once

#include <cstdint>
#include <optional>
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

// All tensors of a checkpoint at once: a large one has a hundred thousand, whose names differ in numbers alone, and the
// rules look at each form of name once. Some names mean something by what else lies beside them: "gate" is a router in
// a model with experts, everything in a block with "A_log" is recurrent.
class TensorKinds {
 public:
  // `layers`: of the text model; layers from there on are `mtp`. 0: not known.
  TensorKinds(const std::vector<checkpoint::TensorInfo>& tensors, std::uint64_t layers);

  // By place in `tensors`.
  [[nodiscard]] Kind of(std::size_t tensor) const { return kinds_[tensor]; }
  // The first number in its name; nothing outside of layers.
  [[nodiscard]] std::optional<std::uint64_t> layer_of(std::size_t tensor) const;
  // The name with a '*' for each number: its form. Equal forms have equal numbers.
  [[nodiscard]] std::uint32_t form_of(std::size_t tensor) const { return forms_[tensor]; }
  [[nodiscard]] std::size_t form_count() const { return form_count_; }

 private:
  std::vector<Kind> kinds_;
  std::vector<std::uint32_t> forms_;
  std::vector<std::uint32_t> layers_;
  std::size_t form_count_ = 0;
};

}  // namespace portwright::inspect
