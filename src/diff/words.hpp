// Pieces of a comparison in words, the same for a screen and for Markdown.
#pragma once

#include <string>
#include <vector>

#include "diff/comparison.hpp"

namespace portwright::diff {

[[nodiscard]] std::string title_of(Group group);  // "RoPE parameters"
[[nodiscard]] std::string name_of(Group group);   // "rope"
[[nodiscard]] std::string name_of(Origin origin);
[[nodiscard]] std::string name_of(PortFault fault);
// What a list of findings of one kind says: "the reference reads them, the port does not".
[[nodiscard]] std::string title_of(PortFault fault);

// A value on one line: repeated elements counted ("sliding_attention x5, full_attention"), cut where it is long.
[[nodiscard]] std::string value_text(const Json& value);
// With where it comes from: "10000.0 (default)", "= self.hidden_size // 2 (configuration_x.py:12)", "-" where absent.
[[nodiscard]] std::string setting_text(const Setting& setting);

// "A", "B", … "Z", "A2": how variants are called in lines.
[[nodiscard]] std::string label(std::size_t variant);
// "A-C,F"; "all" for all of them.
[[nodiscard]] std::string labels(const std::vector<std::size_t>& variants, std::size_t of);

// "10000.0: A,B; 500000.0: C"
[[nodiscard]] std::string values_text(const Row& row);
// "taken: A; not taken: B; 5 of 6 layers: C"
[[nodiscard]] std::string taken_text(const Decision& decision);
// "gelu -> GELUActivation: A; …"
[[nodiscard]] std::string picks_text(const Picked& picked);
// "A, B say 50.0; the port's default is 30.0", without the key
[[nodiscard]] std::string finding_text(const PortFinding& finding);

}  // namespace portwright::diff
