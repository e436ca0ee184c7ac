// What `test` says where there is no environment to measure in.
#pragma once

#include "base/error.hpp"
#include "harness/test_settings.hpp"

namespace portwright::cli {

// Whether a run that failed with `error` is worth another try, because an environment has been made since: asks for it
// where the reason is that there is none and somebody sits at a terminal. An error where making it fails.
[[nodiscard]] Result<bool> made_an_environment(const Error& error, const harness::TestSettings& settings, bool json);

}  // namespace portwright::cli
