// Rules about ModelArgs: how it is declared, what of it is used, what is done to it.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_broken_args(const Port& port);
[[nodiscard]] Spots find_unused_fields(const Port& port);
[[nodiscard]] Spots find_mutated_config(const Port& port);
[[nodiscard]] Spots find_unguarded_rope_parameters(const Port& port);
[[nodiscard]] Spots find_ignored_rope_scaling(const Port& port);
[[nodiscard]] Spots find_kept_tied_head(const Port& port);
[[nodiscard]] Spots find_ignored_tying(const Port& port);

}  // namespace portwright::lint
