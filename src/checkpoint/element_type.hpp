// The element types of the safetensors format.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace portwright::checkpoint {

// Bits of one element of "BF16", "F32", "F4", …; empty for a name that the format does not have.
[[nodiscard]] std::optional<std::uint64_t> element_bits(std::string_view dtype);

// "bfloat16" for "BF16", and so on for the dtypes that a model can compute in; empty for all others.
[[nodiscard]] std::string_view floating_name(std::string_view dtype);

}  // namespace portwright::checkpoint
