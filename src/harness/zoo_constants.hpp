// Is a port wrong at every setting, or does it ignore one and is right where that has its usual value?
#pragma once

#include <string>

#include "harness/test_bench.hpp"
#include "harness/test_settings.hpp"

namespace portwright::harness {

// `failed`: the run of a synthetic type's base that failed. Measures its logits again with each constant that the base
// moves away from its default at that default. "only where FIELD is not VALUE", "always", or empty where nothing could
// be measured.
[[nodiscard]] std::string when_it_fails(TestBench& bench, const TestSettings& failed);

}  // namespace portwright::harness
