// Which fields of a config a model's code reads, under one name each where models name them differently.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "closest/used_code.hpp"
#include "source/line.hpp"

namespace portwright::closest {

using Place = source::Line;

// "num_experts" for "n_routed_experts"; a name without others is its own.
[[nodiscard]] std::string_view common_name(std::string_view key);

// Fields that say how a model is trained or served, or that one of the libraries reads as a habit: they tell no two
// models apart.
[[nodiscard]] bool is_no_structure(std::string_view key);

// What is read of a config or of its rope parameters, by the name as written, where first.
[[nodiscard]] std::map<std::string, Place, std::less<>> keys_read(const std::vector<UsedFunction>& code);

}  // namespace portwright::closest
