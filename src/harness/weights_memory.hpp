// How many bytes a checkpoint's weights take in the forms that people run.
#pragma once

#include <optional>

#include "checkpoint/checkpoint.hpp"
#include "harness/manifest.hpp"

namespace portwright::harness {

// From the headers alone. 8 and 4 bits as mlx-lm quantizes by default: groups of 64 along the last axis of what has two
// axes or more, each with a scale and a bias of 16 bits. Nothing where weights are stored in a packed form, whose
// headers do not tell how many there are.
[[nodiscard]] std::optional<WeightsMemory> weights_memory(const checkpoint::Checkpoint& checkpoint);

// In units of 10^9 bytes, rounded up to two decimals.
[[nodiscard]] double gigabytes_of(std::uint64_t bytes);

}  // namespace portwright::harness
