// config.json by itself, without the weights beside it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::checkpoint {

// Of a folder, or the file itself. An input error in one sentence: nothing there, no JSON object, no model_type, larger
// or more deeply nested than any config is.
[[nodiscard]] Result<Json> read_config(const std::filesystem::path& folder_or_file);

// The same of its text; `origin` names it in errors.
[[nodiscard]] Result<Json> parse_config(std::string_view text, const std::string& origin);

}  // namespace portwright::checkpoint
