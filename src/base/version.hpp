// The version of this program, as in CMakeLists.txt.
#pragma once

#include <string_view>

namespace portwright {

[[nodiscard]] std::string_view program_version();  // "0.1.0"

}  // namespace portwright
