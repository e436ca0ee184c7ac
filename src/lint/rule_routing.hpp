// Rules about routers of mixtures of experts.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_raw_routers(const Port& port);
[[nodiscard]] Spots find_indices_with_gradient(const Port& port);
[[nodiscard]] Spots find_missing_quant_predicate(const Port& port);
[[nodiscard]] Spots find_rough_softmax(const Port& port);

}  // namespace portwright::lint
