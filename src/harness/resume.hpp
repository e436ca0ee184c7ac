// What a run that goes on may take over from the folder it goes on in.
#pragma once

#include <map>
#include <string>

#include "base/error.hpp"
#include "results/run_record.hpp"

namespace portwright::harness {

// An input error where the earlier run asked something else: another effort, seed, prompt, port or set of versions.
// Its checks are no answers to this run's questions.
[[nodiscard]] Status same_question(const results::RunRecord& earlier, const results::RunRecord& now);

// The checks of a variant by id; one that broke is left out and so measured again.
[[nodiscard]] std::map<std::string, results::CheckRecord> taken_over(const results::RunRecord& earlier,
                                                                     const std::string& variant);

}  // namespace portwright::harness
