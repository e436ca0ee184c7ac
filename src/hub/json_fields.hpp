// Fields of a worker's answer, read without trust: a field that is missing, null or of another type has its fallback.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace portwright::hub {

[[nodiscard]] std::string text_of(const Json& object, const char* key);
[[nodiscard]] std::uint64_t count_of(const Json& object, const char* key);
[[nodiscard]] bool flag_of(const Json& object, const char* key);
[[nodiscard]] std::vector<std::string> texts_of(const Json& object, const char* key);
// The member, or an empty one of the kind that is asked for.
[[nodiscard]] const Json& object_of(const Json& object, const char* key);
[[nodiscard]] const Json& array_of(const Json& object, const char* key);

// Null where the text is empty.
[[nodiscard]] Json or_null(const std::string& text);

}  // namespace portwright::hub
