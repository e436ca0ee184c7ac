// Names matched against short patterns, as the tables of this part write them.
#pragma once

#include <string_view>
#include <vector>

namespace portwright::closest {

// "q_proj|query*|*.wq": alternatives, in which a star stands for any text. The whole name has to match one.
[[nodiscard]] bool matches(std::string_view name, std::string_view pattern);

// The parts between the bars.
[[nodiscard]] std::vector<std::string_view> alternatives(std::string_view pattern);

// "Attention" for "llama.Attention".
[[nodiscard]] inline std::string_view last_part(std::string_view dotted) {
  return dotted.substr(dotted.rfind('.') + 1);
}

}  // namespace portwright::closest
