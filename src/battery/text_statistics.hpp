// What a long generated text looks like from outside: repetition and variety, over token ids.
#pragma once

#include <cstddef>
#include <vector>

namespace portwright::battery {

// Share of different n-grams among all n-grams; 1 where there are none (Li et al. 2016, "distinct-n").
[[nodiscard]] double distinct(const std::vector<int>& ids, std::size_t n);

// Share of 4-grams that were there before (Welleck et al. 2019, "seq-rep-4"): 1 - distinct(ids, 4).
[[nodiscard]] double repetition(const std::vector<int>& ids);

}  // namespace portwright::battery
