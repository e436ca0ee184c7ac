// Which kinds of layers a model has, in which order: told by config where it says so, else by the tensors' names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/safetensors.hpp"
#include "inspect/config_view.hpp"
#include "inspect/tensor_kind.hpp"

namespace portwright::inspect {

struct KindCount {
  std::string name;
  std::uint64_t layers = 0;
};

struct LayerKinds {
  std::optional<std::uint64_t> layers;
  std::vector<std::string> of_layer;  // "full_attention", "sliding_attention", "linear_attention", "mamba", …
  std::string where;                  // "config.layer_types", "headers"
  std::vector<KindCount> counts;      // in the order in which they come first
  std::string pattern;                // "3 linear_attention, 1 full_attention, 12 times"; empty: one kind, or no period

  std::vector<KindCount> mlps;  // "dense", "moe"; empty where all are dense
  std::string mlps_where;

  std::optional<std::uint64_t> window;  // tokens that a sliding or chunked layer sees
  std::string window_where;
};
// `tensors` may be empty.
[[nodiscard]] LayerKinds layer_kinds(const ConfigView& config, const std::vector<checkpoint::TensorInfo>& tensors,
                                     const TensorKinds& kinds_of);

// How many experts each token is sent to, of how many.
struct Experts {
  std::uint64_t all = 0;
  std::uint64_t chosen = 0;  // 0: not told
  std::uint64_t shared = 0;
};
[[nodiscard]] std::optional<Experts> experts(const ConfigView& config);

}  // namespace portwright::inspect
