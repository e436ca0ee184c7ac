// What a failed system call on a file means to a person.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace portwright {

// `action` completes "FILE cannot be …" ("read", "written"); `number` is errno. A full disk, a read-only mount,
// missing rights and too many open files each say what to do.
[[nodiscard]] Error file_error(const std::filesystem::path& file, std::string_view action, int number);

}  // namespace portwright
