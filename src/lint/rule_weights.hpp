// Rules about sanitize and loading.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_repeated_changes(const Port& port);
[[nodiscard]] Spots find_unguarded_pops(const Port& port);
[[nodiscard]] Spots find_literal_layers(const Port& port);
[[nodiscard]] Spots find_loose_loading(const Port& port);

}  // namespace portwright::lint
