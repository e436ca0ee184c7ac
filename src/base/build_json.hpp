// JSON text as a value, in time that grows with the text alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/json.hpp"

namespace portwright {

// Deeper than any file that these programs write; what is deeper would overflow the stack of whoever walks it.
constexpr std::size_t deepest_json = 1000;

struct JsonMistake {
  std::string what;      // the library's long text; empty: nested deeper than `deepest_json`
  std::size_t byte = 0;  // from 1; 0 where the library tells none
};

// The last of equal keys wins, at the place of the first. Json::parse compares each key with all before it, which took
// minutes for the index of a large checkpoint.
[[nodiscard]] tl::expected<Json, JsonMistake> build_json(std::string_view text);

}  // namespace portwright
