// The header of a safetensors file as its writers write it, read without a JSON value for each number: the headers of a
// large checkpoint hold a million of them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "checkpoint/safetensors.hpp"

namespace portwright::checkpoint {

// The tensors sorted by name, nothing about them checked. Empty where the text is no such header, or not plainly one (a
// key twice, an unknown field): the slower reader tells what it is.
[[nodiscard]] std::optional<std::vector<TensorInfo>> plain_header(std::string_view text);

}  // namespace portwright::checkpoint
