// The sentence a run ends with.
#pragma once

#include <string>

#include "results/run_record.hpp"

namespace portwright::harness {

// "pass on CPU (Metal not compared)"; a run of chosen checks is called partial.
[[nodiscard]] std::string verdict_sentence(const results::RunRecord& run, const std::string& backend);

}  // namespace portwright::harness
