// What to say to somebody who mistyped a command, an option or a value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portwright::cli {

// "did you mean 'doctor'?", or `otherwise` where nothing is near.
[[nodiscard]] std::string suggestion(std::string_view typed, const std::vector<std::string>& known,
                                     std::string otherwise);

}  // namespace portwright::cli
