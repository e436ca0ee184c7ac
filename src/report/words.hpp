// The words every report uses for the same thing, so that the screen and the Markdown never differ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/amounts.hpp"
#include "results/check_record.hpp"
#include "results/run_record.hpp"
#include "results/verdict.hpp"

namespace portwright::report {

[[nodiscard]] std::string_view shown(results::Verdict verdict);     // "not compared" with a space, else its name
[[nodiscard]] std::string backend_words(std::string_view backend);  // "cpu" as "CPU"
[[nodiscard]] std::string number(double value);                     // "3.1e-2", "0.35", "1.02", "1.82e4"

// "9 pass, 2 fail (1 does not gate), 1 undecided, 3 not compared": what did not occur is left out, but not compared.
[[nodiscard]] std::string counts(const std::vector<results::CheckRecord>& checks);

// "all 30 layers alike", "layers 5, 11, 17", "layer 3", "layers 0-14"; empty where no layer is named.
[[nodiscard]] std::string layers_words(const results::CheckRecord& check);
// "model.layers.*.self_attn, function rope, all 30 layers alike"; empty without a culprit.
[[nodiscard]] std::string culprit_words(const results::CheckRecord& check);
// "proved: correcting it removes 99.99 % of the error"
[[nodiscard]] std::string proof_words(const results::Cause& cause);
// The likeliest of what explains the culprit itself; null where nothing does.
[[nodiscard]] const results::Cause* cause_of_culprit(const results::CheckRecord& check);
// "accepted by A. Person until 2027-01-01: reason"; empty where nobody accepted it.
[[nodiscard]] std::string accepted_words(const results::CheckRecord& check);

// The script that shows the failure without portwright, relative to the run folder; empty where there is none.
[[nodiscard]] std::string repro_of(const results::CheckRecord& check);
// What a check that broke left behind, at most `most` lines, the last ones.
[[nodiscard]] std::vector<std::string> last_lines_of(const results::CheckRecord& check, std::size_t most);

// A string of a JSON object, empty where there is none.
[[nodiscard]] std::string text_at(const Json& object, const char* key);

// A word for a POSIX shell, quoted where it must be.
[[nodiscard]] std::string shell_word(std::string_view word);

}  // namespace portwright::report
