// Rules about what mlx-lm asks of a Model: its attributes, its forward, its caches, what it hands on to a model within.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_missing_layers(const Port& port);
[[nodiscard]] Spots find_missing_attributes(const Port& port);
[[nodiscard]] Spots find_other_signature(const Port& port);
[[nodiscard]] Spots find_missing_super(const Port& port);
[[nodiscard]] Spots find_state_in_modules(const Port& port);
[[nodiscard]] Spots find_default_cache(const Port& port);
[[nodiscard]] Spots find_window_without_cache(const Port& port);
[[nodiscard]] Spots find_not_handed_on(const Port& port);

}  // namespace portwright::lint
