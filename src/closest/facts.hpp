// What can be said of a language model's structure in one phrase each. A fact is "can": a config may switch it off.
#pragma once

#include <span>
#include <string_view>

namespace portwright::closest {

struct Fact {
  std::string_view id;     // "attention.sinks"
  std::string_view topic;  // the row it is shown in
  std::string_view words;  // completes "as olmo2, with …"
  double weight = 1;       // of a port that has it where the other has not: how much there is to write
  bool optional = false;   // a config that does not ask for it leaves it out
};

// In the order in which they are shown: by topic.
[[nodiscard]] std::span<const Fact> facts();
[[nodiscard]] const Fact* fact_named(std::string_view id);

}  // namespace portwright::closest
