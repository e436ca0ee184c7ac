// Rules about what MLX and mlx-lm have already: norms, activations, attention, rotations, experts, shared helpers.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_written_norms(const Port& port);
[[nodiscard]] Spots find_written_activations(const Port& port);
[[nodiscard]] Spots find_unfused_swiglu(const Port& port);
[[nodiscard]] Spots find_shared_helpers(const Port& port);
[[nodiscard]] Spots find_written_masks(const Port& port);
[[nodiscard]] Spots find_direct_attention(const Port& port);
[[nodiscard]] Spots find_written_attention(const Port& port);
[[nodiscard]] Spots find_written_rotation(const Port& port);
[[nodiscard]] Spots find_lists_of_experts(const Port& port);
[[nodiscard]] Spots find_expanded_latents(const Port& port);
[[nodiscard]] Spots find_raw_projections(const Port& port);

}  // namespace portwright::lint
