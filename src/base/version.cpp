#include "base/version.hpp"

namespace portwright {

std::string_view program_version() { return PORTWRIGHT_VERSION; }

}  // namespace portwright
