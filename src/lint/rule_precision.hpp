// Rules about float32: where it leaks into the native dtype, and where it is needed and not kept.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_float32_constants(const Port& port);
[[nodiscard]] Spots find_float32_norms(const Port& port);
[[nodiscard]] Spots find_float32_weights(const Port& port);
[[nodiscard]] Spots find_float32_routing(const Port& port);
[[nodiscard]] Spots find_missing_cast_predicate(const Port& port);
[[nodiscard]] Spots find_fixed_dtypes(const Port& port);

}  // namespace portwright::lint
