// What a call is given, and what a config class gives its fields.
#pragma once

#include "source/class_body.hpp"

namespace portwright::closest {

// The argument of that name, else the one at that place (from 0; -1: by name alone); null where there is none.
[[nodiscard]] source::Node argument(const source::Node& call, std::string_view name, int place);

// What a config class or one of its bases gives the first field that matches the pattern; null where none.
[[nodiscard]] source::Node field_default(source::SourceFiles& files, const source::Definition& config,
                                         std::string_view pattern);

// "silu" for a string node; empty for others.
[[nodiscard]] std::string_view string_value(const source::Node& node);

}  // namespace portwright::closest
