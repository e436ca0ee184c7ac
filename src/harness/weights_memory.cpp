#include "harness/weights_memory.hpp"

#include <cmath>

namespace portwright::harness {

std::optional<WeightsMemory> weights_memory(const checkpoint::Checkpoint& checkpoint) {
  constexpr std::uint64_t group = 64;
  constexpr std::uint64_t of_a_group = 4;  // bytes: scale and bias
  if (checkpoint.config.contains("quantization") || checkpoint.config.contains("quantization_config")) {
    return std::nullopt;
  }
  WeightsMemory memory;
  for (const checkpoint::TensorInfo& tensor : checkpoint.tensors) {
    std::uint64_t elements = 1;
    for (const std::uint64_t length : tensor.shape) elements *= length;
    const std::uint64_t plain = 2 * elements;
    const bool quantized = tensor.shape.size() > 1 && tensor.shape.back() % group == 0;
    const std::uint64_t groups = quantized ? elements / group * of_a_group : 0;
    memory.bf16 += plain;
    memory.in_8bit += quantized ? elements + groups : plain;
    memory.in_4bit += quantized ? elements / 2 + groups : plain;
  }
  return memory;
}

double gigabytes_of(std::uint64_t bytes) {
  constexpr double hundredth = 1e7;
  constexpr double hundredths_of_one = 100;
  return std::ceil(static_cast<double>(bytes) / hundredth) / hundredths_of_one;
}

}  // namespace portwright::harness
