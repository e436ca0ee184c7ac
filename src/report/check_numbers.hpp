// Everything measured of one check, as Markdown: the numbers beside their bounds, conditions, what plots are drawn
// from.
#pragma once

#include <string>

#include "results/check_record.hpp"

namespace portwright::report {

[[nodiscard]] std::string check_numbers(const results::CheckRecord& check);

// A JSON value as a person reads it: numbers in three digits, whole numbers and texts as they are, long lists
// shortened.
[[nodiscard]] std::string value_words(const Json& value);

}  // namespace portwright::report
