// Rules about what runs in a forward pass: loops, waiting for values, positions, repeated heads.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_token_loops(const Port& port);
[[nodiscard]] Spots find_expert_loops(const Port& port);
[[nodiscard]] Spots find_waiting(const Port& port);
[[nodiscard]] Spots find_single_offsets(const Port& port);
[[nodiscard]] Spots find_repeated_heads(const Port& port);
[[nodiscard]] Spots find_kernels_without_training(const Port& port);

}  // namespace portwright::lint
