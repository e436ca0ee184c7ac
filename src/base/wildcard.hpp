// Names matched against patterns in which a star stands for any text.
#pragma once

#include <string_view>

namespace portwright {

// The whole name has to match. No other sign is special; time grows with the product of the lengths at most.
[[nodiscard]] bool matches_wildcard(std::string_view name, std::string_view pattern);

}  // namespace portwright
