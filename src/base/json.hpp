// JSON as the whole program uses it: insertion order kept, so that the same record gives the same bytes.
#pragma once

#include <nlohmann/json.hpp>

namespace portwright {
using Json = nlohmann::ordered_json;
}  // namespace portwright
