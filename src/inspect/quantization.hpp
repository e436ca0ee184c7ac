// Checkpoints that are quantized as they are published: by which method, in which blocks, and what their packed tensors
// hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/safetensors.hpp"
#include "inspect/config_view.hpp"

namespace portwright::inspect {

struct Quantization {
  std::string
      method;  // "fp8", "mxfp4", "gptq", "awq", "compressed-tensors", "mlx", …; "packed" where headers alone tell
  std::string where;                       // "config.quantization_config", "headers"
  std::string blocks;                      // in words: "blocks of 128 x 128", "4 bits, groups of 64"
  std::optional<std::uint64_t> bits;       // of a weight
  std::vector<std::string> details;        // further settings in words
  std::vector<std::string> not_quantized;  // modules that stay as they are, as config says
  std::uint64_t tensors = 0;               // packed or scaled weights in the headers
  std::string contradiction;               // config and headers do not agree; empty: they do
};

// Nothing where neither config nor headers tell of any.
[[nodiscard]] std::optional<Quantization> quantization(const ConfigView& config,
                                                       const std::vector<checkpoint::TensorInfo>& tensors);

// What a stored tensor stands for: how many parameters of the model, and in which shape.
struct Unpacked {
  std::uint64_t parameters = 0;      // 0: scales, zero points and other bookkeeping
  std::vector<std::uint64_t> shape;  // of the weight
};
[[nodiscard]] Unpacked unpacked(const checkpoint::TensorInfo& tensor, const std::optional<Quantization>& quantization);

}  // namespace portwright::inspect
