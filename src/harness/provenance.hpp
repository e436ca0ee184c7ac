// Where a result comes from: the port's file and commit, the versions, the machine.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"
#include "harness/launches.hpp"
#include "harness/test_settings.hpp"

namespace portwright::harness {

// run.json's `port`. `loaded_file` is the source file the port worker says its model class came from.
[[nodiscard]] Json port_provenance(const std::filesystem::path& loaded_file);

// run.json's `environment`. A greeting that never came is an empty object.
[[nodiscard]] Json environment_provenance(const Machine& machine, const Json& reference_greeting,
                                          const Json& port_greeting);

// What an answer of the reference depends on besides the checkpoint and the request.
[[nodiscard]] Result<std::string> reference_versions(const Machine& machine);

// The same, short enough for a folder's name: what a checkpoint was made with (see locate).
[[nodiscard]] std::string made_with(const std::string& reference_versions);

}  // namespace portwright::harness
