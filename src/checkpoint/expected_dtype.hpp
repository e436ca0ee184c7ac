// The dtype a run should have, and where that was read.
#pragma once

#include <vector>

#include "checkpoint/checkpoint.hpp"

namespace portwright::checkpoint {

// config.dtype, config.torch_dtype, the same two below config.text_config, at last the most common floating dtype of
// the headers (by tensors, then by elements). A config value that is no floating dtype is passed over and named in
// `source`.
[[nodiscard]] Result<ExpectedDtype> expected_dtype(const Json& config, const std::vector<TensorInfo>& tensors);

}  // namespace portwright::checkpoint
