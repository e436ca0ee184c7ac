// What a person reads of a zoo: a line a type as it goes, a line at the end, and the table of docs/zoo.md.
#pragma once

#include <string>

#include "results/zoo_record.hpp"

namespace portwright::report {

// One line of text: type, port, verdict, error over floor, seconds, and for all but a pass where and why.
[[nodiscard]] std::string zoo_line(const results::ZooRow& row);
// "84 types: 60 pass, 20 fail, 4 error · 512 s"
[[nodiscard]] std::string zoo_summary(const results::ZooRecord& zoo);
// Markdown: what was measured with what, the rows, and the reasons of those that are no pass.
[[nodiscard]] std::string zoo_markdown(const results::ZooRecord& zoo);

}  // namespace portwright::report
