// What a failed installation means to a person.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/process.hpp"

namespace portwright::workspace {

// `what` completes "could not …". A full disk, no network, a Python without venv, a version that is not there and
// versions that do not go together each say what to do; `detail` holds the last lines of what the program printed.
[[nodiscard]] Error installer_failure(const std::string& what, const Finished& finished);

}  // namespace portwright::workspace
